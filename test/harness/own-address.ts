/**
 * Addresses of this machine that nobody else listens at. A port of one stays free when its listener
 * is gone for a while, or for good: at 127.0.0.1 it may be given to the next who asks for any, in
 * this test or beside it, once in some thousand times.
 */

const ADDRESSES_MAX = 250;

let count = 0;

/** Another one each time. */
export function ownAddress(): string {
  count = (count % ADDRESSES_MAX) + 1;
  return `127.${64 + (process.pid % 64)}.${(process.pid >> 6) % 256}.${count}`;
}
