/**
 * Tar archives (POSIX ustar) whose bytes follow from what goes in and from nothing else: owner,
 * order and time are given, and not the machine's.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";

/** What stands at a path: a folder, a link, or bytes from memory or from a file. */
export type TarContent =
  | { readonly type: "folder" }
  | { readonly type: "link"; readonly target: string }
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "file"; readonly file: string };

export interface TarEntry {
  /** Without a slash before or behind it. */
  readonly path: string;
  /** Permissions. */
  readonly mode: number;
  readonly content: TarContent;
}

export interface WrittenTar {
  readonly sizeBytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

const BLOCK_BYTES = 512;
const NAME_BYTES_MAX = 100;
const PREFIX_BYTES_MAX = 155;
const CHUNK_BYTES = 1 << 20;
const TYPE_FLAGS = { folder: "5", link: "2", bytes: "0", file: "0" } as const;

/** In the order given. `mtimeSeconds` is that of all entries. */
export function writeTar(
  file: string,
  entries: readonly TarEntry[],
  mtimeSeconds: number,
): WrittenTar {
  const hash = createHash("sha256");
  const output = openSync(file, "w");
  let sizeBytes = 0;
  const write = (bytes: Uint8Array): void => {
    hash.update(bytes);
    for (let done = 0; done < bytes.length; ) done += writeSync(output, bytes, done);
    sizeBytes += bytes.length;
  };
  try {
    for (const entry of entries) {
      const length = contentBytes(entry.content);
      write(header(entry, length, mtimeSeconds));
      writeContent(entry.content, write);
      write(new Uint8Array((BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES));
    }
    write(new Uint8Array(2 * BLOCK_BYTES));
  } finally {
    closeSync(output);
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}

function contentBytes(content: TarContent): number {
  if (content.type === "bytes") return content.bytes.length;
  return content.type === "file" ? statSync(content.file).size : 0;
}

function writeContent(content: TarContent, write: (bytes: Uint8Array) => void): void {
  if (content.type === "bytes") write(content.bytes);
  if (content.type !== "file") return;
  const chunk = new Uint8Array(CHUNK_BYTES);
  const input = openSync(content.file, "r");
  try {
    for (let count = readSync(input, chunk); count > 0; count = readSync(input, chunk)) {
      write(chunk.subarray(0, count));
    }
  } finally {
    closeSync(input);
  }
}

/** POSIX.1-1988, "ustar Interchange Format". */
function header({ path, mode, content }: TarEntry, size: number, mtimeSeconds: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const [prefix, name] = splitPath(content.type === "folder" ? `${path}/` : path);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  };
  block.write(name, 0, "utf8");
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(mtimeSeconds, 136, 11);
  block.write("        ", 148, "latin1");
  block.write(TYPE_FLAGS[content.type], 156, "latin1");
  if (content.type === "link") block.write(content.target, 157, NAME_BYTES_MAX, "utf8");
  block.write("ustar\x0000", 257, "latin1");
  block.write("root", 265, "latin1");
  block.write("root", 297, "latin1");
  block.write(prefix, 345, "utf8");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Throws when the path is too long for the format. */
function splitPath(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= NAME_BYTES_MAX) return ["", path];
  for (let slash = path.indexOf("/"); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
    const fits = Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX;
    if (fits && name !== "" && Buffer.byteLength(name) <= NAME_BYTES_MAX) return [prefix, name];
  }
  throw new Error(`${path}: too long a path for an archive`);
}
