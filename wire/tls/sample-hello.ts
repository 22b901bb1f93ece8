/** ClientHellos put together from their parts, right and wrong ones, for tests and benchmarks. */

export interface HelloParts {
  readonly extensions?: readonly Uint8Array[] | null;
  readonly sessionIdBytes?: number;
  readonly suites?: readonly number[];
  readonly legacyVersion?: number;
  readonly compressionMethods?: readonly number[];
  /** The type of the handshake message: 1 is a ClientHello. */
  readonly type?: number;
  /** Of the message, when it is to lie. */
  readonly announcedBytes?: number;
}

/** `supported_versions` of somebody who knows TLS 1.3 and 1.2. */
export const SUPPORTED_VERSIONS = extension(43, [4, 0x03, 0x04, 0x03, 0x03]);

/** An extension that means nothing (RFC 8701). */
export const GREASE = extension(0x7a7a, []);

export function extension(type: number, body: readonly number[]): Uint8Array {
  return Uint8Array.from([...uint16(type), ...uint16(body.length), ...body]);
}

export function serverName(...names: readonly string[]): Uint8Array {
  return serverNames(names.map((name) => ({ type: 0, name })));
}

export function serverNames(
  names: readonly { readonly type: number; readonly name: string }[],
): Uint8Array {
  const list = names.flatMap(({ type, name }) => [type, ...uint16(name.length), ...latin1(name)]);
  return extension(0, [...uint16(list.length), ...list]);
}

export function alpn(...names: readonly string[]): Uint8Array {
  const list = names.flatMap((name) => [name.length, ...latin1(name)]);
  return extension(16, [...uint16(list.length), ...list]);
}

/** The handshake message, without a record round it. */
export function helloMessage(parts: HelloParts = {}): Uint8Array {
  const { extensions = [SUPPORTED_VERSIONS], sessionIdBytes = 32 } = parts;
  const { suites = [0x1301, 0x1302, 0xc02f], legacyVersion = 0x0303, type = 1 } = parts;
  const { compressionMethods = [0] } = parts;
  const packed = extensions?.flatMap((each) => [...each]) ?? [];
  const body = [
    ...uint16(legacyVersion),
    ...Array.from({ length: 32 }, (_, index) => index),
    sessionIdBytes,
    ...Array.from({ length: sessionIdBytes }, () => 0xab),
    ...uint16(suites.length * 2),
    ...suites.flatMap(uint16),
    compressionMethods.length,
    ...compressionMethods,
    ...(extensions === null ? [] : [...uint16(packed.length), ...packed]),
  ];
  const length = parts.announcedBytes ?? body.length;
  return Uint8Array.from([type, length >> 16, ...uint16(length & 0xffff), ...body]);
}

/** A message in records of at most `fragmentBytes` each. */
export function inRecords(message: Uint8Array, fragmentBytes = 16_384): Uint8Array {
  const records: number[] = [];
  for (let at = 0; at < message.length; at += fragmentBytes) {
    const fragment = message.subarray(at, at + fragmentBytes);
    records.push(0x16, 0x03, 0x01, ...uint16(fragment.length), ...fragment);
  }
  return Uint8Array.from(records);
}

/** One whole hello, as it goes over the wire. */
export function sampleHello(...extensions: readonly Uint8Array[]): Uint8Array {
  return inRecords(helloMessage({ extensions }));
}

function uint16(value: number): readonly number[] {
  return [value >> 8, value & 0xff];
}

function latin1(text: string): readonly number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
