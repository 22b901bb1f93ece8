/**
 * MurmurHash3, the 32-bit variant for x86 (Austin Appleby, public domain): spreads keys evenly and
 * costs little. It is no secret and keeps none: whoever chooses keys can make them collide, and
 * gains one crowded endpoint, which the ring's bound on load then relieves.
 */
import { utf8Bytes } from "../../mesh/latin1.ts";

const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** The hash of a range of bytes, as an unsigned 32-bit integer. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed | 0;
  let index = start;
  for (; index + 4 <= end; index += 4) {
    const block =
      (bytes[index] as number) |
      ((bytes[index + 1] as number) << 8) |
      ((bytes[index + 2] as number) << 16) |
      ((bytes[index + 3] as number) << 24);
    hash ^= scramble(block);
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  for (let last = end - 1; last >= index; last -= 1) tail = (tail << 8) | (bytes[last] as number);
  if (index < end) hash ^= scramble(tail);
  return mixHash(hash ^ (end - start));
}

/** The same of a text's UTF-8 bytes. */
export function hashText(text: string, seed = 0): number {
  const bytes = utf8Bytes(text);
  return hashBytes(bytes, 0, bytes.length, seed);
}

/** Makes every bit of the result depend on every bit given. One to one. */
export function mixHash(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const product = Math.imul(block, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}
