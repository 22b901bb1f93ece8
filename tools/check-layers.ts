/** Checks that imports point downward, as `layers.ts` says, and that no files import in a ring. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findImportRings } from "./import-rings.ts";
import {
  FREE_FOLDERS,
  LAYERS,
  type Layer,
  PLATFORM_FOLDER,
  PROXY_ROWS,
  SOCKET_FOLDER,
  SOCKET_MODULES,
} from "./layers.ts";
import {
  readSources,
  reportViolations,
  resolveImport,
  type SourceFile,
  type SourceImport,
  type Violation,
} from "./source-file.ts";

/** What a test may import besides what the code beside it may. */
const TEST_PACKAGES = ["vitest", "fast-check"];
const TEST_FOLDERS = ["test", "tools"];

/** Where the version stands; whoever prints it may read it. */
const MANIFEST = "package.json";

/** Where parts are constructed and joined. */
const COMPOSITION_ROOT = /\/(?:main|app|start-[a-z]+)\.ts$/;

interface Complaint {
  readonly problem: string;
  readonly mend: string;
}

export function checkLayers(sources: readonly SourceFile[]): readonly Violation[] {
  const wrong = sources.flatMap((source) =>
    source.imports.flatMap((one) => {
      const complaint = judgeImport(source.path, one);
      return complaint === undefined ? [] : [{ path: source.path, line: one.line, ...complaint }];
    }),
  );
  return [...wrong, ...findImportRings(sources)];
}

function judgeImport(from: string, one: SourceImport): Complaint | undefined {
  const folder = topFolder(from);
  if (folder === undefined || FREE_FOLDERS.includes(folder)) return undefined;
  const layer = Object.hasOwn(LAYERS, folder) ? LAYERS[folder] : undefined;
  if (layer === undefined) {
    return { problem: `${folder}/ is in no layer`, mend: "add it to tools/layers.ts" };
  }
  const target = resolveImport(from, one.specifier);
  if (target === MANIFEST) return undefined;
  if (target !== undefined) return judgeFile(from, target, one.typeOnly, layer);
  if (one.specifier.startsWith("node:")) return judgeNode(from, one.specifier.slice(5), layer);
  return judgePackage(from, one.specifier, layer);
}

function judgeFile(
  from: string,
  target: string,
  typeOnly: boolean,
  layer: Layer,
): Complaint | undefined {
  if (target.startsWith(`${PLATFORM_FOLDER}/`) && !mayUsePlatform(from)) {
    return {
      problem: `${target} is for composition roots`,
      mend: "take the capability as a parameter and let main.ts hand it in",
    };
  }
  const folder = topFolder(from);
  const other = topFolder(target);
  if (other === folder) {
    // The rows order what runs: an interface may name the type of what it is given.
    return folder === "proxy" && !typeOnly ? judgeProxyRow(from, target) : undefined;
  }
  if (other !== undefined && layer.uses.includes(other)) return undefined;
  if (isTest(from) && other !== undefined && TEST_FOLDERS.includes(other)) return undefined;
  const allowed = layer.uses.length === 0 ? "nothing" : layer.uses.join(", ");
  return {
    problem: `${folder}/ must not import ${target}`,
    mend: `it may use ${allowed}: move the shared part down, or hand it in`,
  };
}

function judgeProxyRow(from: string, target: string): Complaint | undefined {
  if (isTest(from)) return undefined;
  const [here, there] = [proxyPart(from), proxyPart(target)];
  if (here === there) return undefined;
  const [upper, lower] = [proxyRow(here), proxyRow(there)];
  if (upper === -1 || lower === -1) {
    const unknown = upper === -1 ? here : there;
    return { problem: `proxy/${unknown} is in no row`, mend: "add it to tools/layers.ts" };
  }
  if (upper < lower) return undefined;
  return {
    problem: `proxy/${here} must not import proxy/${there}`,
    mend: "inside the proxy imports go down the rows of tools/layers.ts",
  };
}

function judgeNode(from: string, module: string, layer: Layer): Complaint | undefined {
  if (mayUsePlatform(from) || isTest(from)) return undefined;
  const isSocket = SOCKET_MODULES.includes(module);
  if (topFolder(from) === "proxy" && isSocket) {
    if (from.startsWith(`${SOCKET_FOLDER}/`)) return undefined;
    return { problem: `node:${module} outside ${SOCKET_FOLDER}`, mend: "go through the Network" };
  }
  if (layer.node === "all" || layer.node?.includes(module) === true) return undefined;
  return {
    problem: `node:${module} is not for ${topFolder(from)}/`,
    mend: "take what it does as a parameter, or extend tools/layers.ts with a reason",
  };
}

function judgePackage(from: string, specifier: string, layer: Layer): Complaint | undefined {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (layer.packages?.includes(name) === true) return undefined;
  if (isTest(from) && TEST_PACKAGES.includes(name)) return undefined;
  return {
    problem: `the package ${name} is not for ${topFolder(from)}/`,
    mend: `it may use ${layer.packages?.join(", ") ?? "none"}; see tools/layers.ts`,
  };
}

function mayUsePlatform(path: string): boolean {
  const folder = topFolder(path);
  return (
    path.startsWith(`${PLATFORM_FOLDER}/`) ||
    COMPOSITION_ROOT.test(path) ||
    folder === "bin" ||
    folder === "tools" ||
    isTest(path)
  );
}

function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}

function topFolder(path: string): string | undefined {
  return path.includes("/") ? path.split("/")[0] : undefined;
}

/** `proxy/layers/retry.ts` is in layers, `proxy/main.ts` in main. */
function proxyPart(path: string): string {
  return (path.split("/")[1] ?? "").replace(/(?:-[\w-]+)?\.ts$/, "");
}

function proxyRow(part: string): number {
  return PROXY_ROWS.findIndex((row) => row.includes(part));
}

if (import.meta.main) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  if (!reportViolations("layers", checkLayers(readSources(root)))) process.exitCode = 1;
}
