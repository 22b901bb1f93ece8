/**
 * Bytes to text, one character per byte: what HTTP/1 heads are made of. Not a hot path by itself,
 * but rules that name a header come through here.
 */
interface Latin1Slicer {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}

// Node has had this method on every Buffer for ever, but its typings leave it out. It works on
// any Uint8Array and, unlike `toString`, needs no Buffer made around the bytes.
const { latin1Slice } = Buffer.prototype as unknown as Latin1Slicer;

export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}
