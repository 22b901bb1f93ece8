/**
 * Which folder may import which, as data. Imports point only downward: products, then what needs a
 * cluster, then the model, then the ground. What is not listed is forbidden.
 */
export interface Layer {
  /** Folders below, whose files this one may import. */
  readonly uses: readonly string[];
  /** Packages it may import, besides those that tests may. */
  readonly packages?: readonly string[];
  /** Parts of Node it may import: all, or by name. */
  readonly node?: "all" | readonly string[];
}

const MODEL = ["mesh", "base"];

export const LAYERS: Readonly<Record<string, Layer>> = {
  base: { uses: [], node: ["crypto", "util"] },
  // Bytes in, events and bytes out: no sockets, no clock.
  wire: { uses: ["base"] },
  // The domain: pure, so that operator, proxy and simulator share it.
  mesh: { uses: ["base"], packages: ["re2js", "typebox"] },
  // Of node:net only the functions that look at the text of an address.
  crds: { uses: MODEL, packages: ["re2js", "typebox", "yaml"], node: ["net"] },
  // A pod in, a pod out: pure, so that the webhook and the command line do the same.
  inject: { uses: MODEL },
  // What is to be chosen about an installation in, the objects of it out: pure as well.
  install: { uses: ["crds", "inject", ...MODEL] },
  kube: { uses: MODEL, packages: ["@kubernetes/client-node"], node: "all" },
  operator: {
    uses: ["kube", "crds", "inject", "wire", ...MODEL],
    packages: ["ws", "yaml"],
    node: "all",
  },
  webhook: {
    uses: ["kube", "crds", "inject", ...MODEL],
    packages: ["fastify"],
    node: "all",
  },
  cli: {
    uses: ["kube", "crds", "inject", "install", ...MODEL],
    packages: ["protobufjs", "ws", "yaml"],
    node: "all",
  },
  proxy: {
    uses: ["wire", ...MODEL],
    packages: ["koffi", "ws"],
    node: ["fs", "fs/promises", "http", "path", "string_decoder", "buffer"],
  },
  dashboard: { uses: MODEL, node: "all" },
  // Dispatches to the products: the only place that knows them all.
  bin: { uses: ["operator", "webhook", "cli", "proxy", "dashboard", "base"], node: "all" },
  tools: {
    uses: ["crds", "inject", "install", ...MODEL],
    packages: ["esbuild", "rolldown", "typebox", "yaml"],
    node: "all",
  },
};

/** Folders that may use everything: they join parts that do not know each other. */
export const FREE_FOLDERS = ["test", "bench", "demo"];

/**
 * Sockets, and with them the runtime, are known here alone; the rest of the proxy could run on
 * another one.
 */
export const SOCKET_FOLDER = "proxy/net";
export const SOCKET_MODULES = ["net", "tls", "dns", "dns/promises", "dgram"];

/** The machine itself: composition roots take what it offers and hand it down. */
export const PLATFORM_FOLDER = "base/platform";

/**
 * The order inside the proxy, top to bottom: a folder uses those of the rows below it, and not its
 * neighbours in the row.
 */
export const PROXY_ROWS: readonly (readonly string[])[] = [
  ["main"],
  ["app"],
  // One thread for what there is one of, others that serve; pages of all as one.
  ["workers"],
  // It explains everything, and nothing else needs it.
  ["admin"],
  ["transparent"],
  ["inbound", "outbound"],
  ["layers"],
  ["balance", "detect"],
  ["pool"],
  ["connection"],
  ["control", "identity", "init", "lifecycle"],
  ["telemetry"],
  ["exchange"],
  ["limits", "net"],
];
