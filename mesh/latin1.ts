/**
 * Text as it stands on the wire: one character per byte. Values of headers come so, and what
 * users write, which is Unicode, is brought into the same form once, when rules are compiled.
 */
const encoder = new TextEncoder();

/** The bytes of a text of one character per byte. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}

/** One character per byte of a range. */
export function latin1Text(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; index += 1) text += String.fromCharCode(bytes[index] ?? 0);
  return text;
}

export function utf8Bytes(text: string): Uint8Array {
  // Nearly all text here is short and ASCII, for which calling the encoder costs more.
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127) return encoder.encode(text);
    bytes[index] = code;
  }
  return bytes;
}

/** The UTF-8 bytes of a text, as one character per byte. */
export function utf8AsLatin1(text: string): string {
  const bytes = encoder.encode(text);
  return bytes.length === text.length ? text : latin1Text(bytes, 0, bytes.length);
}

/** Whether the range holds exactly these bytes. */
export function rangeEquals(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Uint8Array,
): boolean {
  return end - start === wanted.length && rangeStartsWith(bytes, start, end, wanted);
}

/** Whether the range begins with these bytes. */
export function rangeStartsWith(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Uint8Array,
): boolean {
  if (end - start < wanted.length) return false;
  for (let index = 0; index < wanted.length; index += 1) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}
