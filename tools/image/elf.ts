/**
 * Which shared libraries a program needs, read from the program itself. Unlike `ldd` it runs
 * nothing, and so it also works for programs of another architecture.
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

export type Arch = "amd64" | "arm64";

/** What the system's own tools call the architecture. */
export const ARCH_NAMES = {
  amd64: { machine: 62, triplet: "x86_64-linux-gnu", node: "x64" },
  arm64: { machine: 183, triplet: "aarch64-linux-gnu", node: "arm64" },
} as const satisfies Record<Arch, object>;

export interface ElfNeeds {
  readonly machine: number;
  /** The dynamic linker, an absolute path; absent in libraries. */
  readonly interpreter: string | undefined;
  /** Names such as `libc.so.6`. */
  readonly libraries: readonly string[];
}

const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
const NEEDED = 1n;
const STRING_TABLE = 5n;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly size: number;
}

/** Throws when the bytes are no 64-bit little-endian ELF file. */
export function readElf(bytes: Buffer): ElfNeeds {
  if (bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[4] !== 2 || bytes[5] !== 1) {
    throw new Error("no 64-bit little-endian ELF file");
  }
  const segments = readSegments(bytes);
  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  const interpreter = segments.find(({ type }) => type === INTERPRETER);
  return {
    machine: bytes.readUInt16LE(18),
    interpreter: interpreter === undefined ? undefined : textAt(bytes, interpreter.offset),
    libraries: dynamic === undefined ? [] : readNeeded(bytes, dynamic, segments),
  };
}

function readSegments(bytes: Buffer): readonly Segment[] {
  const at = Number(bytes.readBigUInt64LE(32));
  const size = bytes.readUInt16LE(54);
  const count = bytes.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => {
    const start = at + index * size;
    return {
      type: bytes.readUInt32LE(start),
      offset: Number(bytes.readBigUInt64LE(start + 8)),
      address: bytes.readBigUInt64LE(start + 16),
      size: Number(bytes.readBigUInt64LE(start + 32)),
    };
  });
}

function readNeeded(
  bytes: Buffer,
  dynamic: Segment,
  segments: readonly Segment[],
): readonly string[] {
  const names: number[] = [];
  let table = 0;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = bytes.readBigUInt64LE(at);
    const value = bytes.readBigUInt64LE(at + 8);
    if (tag === NEEDED) names.push(Number(value));
    if (tag === STRING_TABLE) table = fileOffset(value, segments);
  }
  return names.map((name) => textAt(bytes, table + name));
}

/** Of what the loader puts at an address. */
function fileOffset(address: bigint, segments: readonly Segment[]): number {
  for (const { type, offset, address: start, size } of segments) {
    if (type !== LOAD || address < start || address >= start + BigInt(size)) continue;
    return offset + Number(address - start);
  }
  throw new Error("its table of names is in no segment");
}

function textAt(bytes: Buffer, at: number): string {
  return bytes.toString("utf8", at, bytes.indexOf(0, at));
}

/**
 * All libraries that the programs need, and those that these need, by the path where a program
 * looks for them. Throws, naming it, when one is not below `root`.
 */
export function findLibraries(
  programs: readonly string[],
  arch: Arch,
  root: string,
): ReadonlyMap<string, string> {
  const { machine, triplet } = ARCH_NAMES[arch];
  const folders = [`/lib/${triplet}`, `/usr/lib/${triplet}`, "/lib64", "/lib", "/usr/lib"];
  const found = new Map<string, string>();
  const pending = [...programs];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    const needs = readElf(readFileSync(file));
    if (needs.machine !== machine) throw new Error(`${file} is not for ${arch}`);
    const paths = needs.interpreter === undefined ? [] : [needs.interpreter];
    for (const name of needs.libraries) {
      // The C library names the loader, which stands elsewhere and is loaded by then.
      if ([...paths, ...found.keys()].some((path) => path.endsWith(`/${name}`))) continue;
      const folder = folders.find((one) => existsSync(join(root, one, name)));
      if (folder === undefined) throw new Error(`${file} needs ${name}, which is not in ${root}`);
      paths.push(`${folder}/${name}`);
    }
    for (const path of paths) {
      if (found.has(path)) continue;
      const real = realpathSync(join(root, path));
      found.set(path, real);
      pending.push(real);
    }
  }
  return found;
}
