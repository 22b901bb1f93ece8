/** Finds and reads the files that somebody wants to be checked. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ProgramError, type ProgramIo } from "../../base/program.ts";
import { readFailure } from "../../base/read-failure.ts";

/** A folder with more is not one of manifests: somebody named the wrong one. */
export const FILES_MAX = 10_000;
/** Per file; what is larger is not read. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FOLDER_DEPTH_MAX = 32;

const MANIFEST = /\.(?:ya?ml|json)$/i;

export interface SourceFile {
  /** As the user would name it, for messages; `<stdin>` for standard input. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/**
 * Files as named; folders with every YAML and JSON file below them, but for hidden ones, in the
 * order of their paths; `-` for standard input. Each file once.
 */
export async function readPaths(
  paths: readonly string[],
  io: ProgramIo,
): Promise<readonly SourceFile[]> {
  const files = new Map<string, string>();
  const sources: SourceFile[] = [];
  for (const path of paths) {
    if (path === "-") {
      const text = await readStandardInput(io);
      sources.push({ file: "<stdin>", bytes: new TextEncoder().encode(text) });
      continue;
    }
    const absolute = resolve(io.workingFolder, path);
    const found = await stat(absolute).catch(() => undefined);
    if (found === undefined) throw new ProgramError(`there is no file or folder ${path}`);
    if (found.isDirectory()) await walk(absolute, path, files, new Set(), 0);
    else files.set(absolute, path);
  }
  for (const [absolute, shown] of files) {
    sources.push({ file: shown, bytes: await readBounded(absolute, shown) });
  }
  return sources;
}

async function walk(
  folder: string,
  shown: string,
  files: Map<string, string>,
  above: ReadonlySet<string>,
  depth: number,
): Promise<void> {
  const real = await realpath(folder);
  // A link back to a folder that this one lies in.
  if (above.has(real) || depth > FOLDER_DEPTH_MAX) return;
  const inside = new Set([...above, real]);
  const entries = await readdir(folder).catch((error: unknown) => {
    throw new ProgramError(`cannot read ${shown}: ${readFailure(error)}`);
  });
  const names = entries.filter((name) => !name.startsWith(".")).sort();
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) await walk(path, join(shown, name), files, inside, depth + 1);
    else if (found?.isFile() && MANIFEST.test(name)) files.set(path, join(shown, name));
    if (files.size > FILES_MAX) {
      throw new ProgramError(`there are more than ${FILES_MAX} files; name a smaller folder`);
    }
  }
}

async function readBounded(path: string, shown: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      throw new ProgramError(`${shown} is larger than ${FILE_BYTES_MAX} bytes`);
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof ProgramError) throw error;
    throw new ProgramError(`cannot read ${shown}: ${readFailure(error)}`);
  }
}

async function readStandardInput(io: ProgramIo): Promise<string> {
  try {
    return await io.readStdin(FILE_BYTES_MAX);
  } catch (error) {
    throw new ProgramError(error instanceof Error ? error.message : String(error));
  }
}
