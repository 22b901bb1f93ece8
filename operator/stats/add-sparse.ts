/**
 * Adds two sparse histograms, `[bucket, count, bucket, count …]` with buckets rising, without
 * unfolding them: thousands are kept, and most have a dozen buckets.
 */
export function addSparse(a: readonly number[], b: readonly number[]): readonly number[] {
  if (a.length === 0) return b;
  const sum: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = a[i] ?? Number.POSITIVE_INFINITY;
    const right = b[j] ?? Number.POSITIVE_INFINITY;
    const bucket = Math.min(left, right);
    let count = 0;
    if (left === bucket) {
      count += a[i + 1] ?? 0;
      i += 2;
    }
    if (right === bucket) {
      count += b[j + 1] ?? 0;
      j += 2;
    }
    sum.push(bucket, count);
  }
  return sum;
}
