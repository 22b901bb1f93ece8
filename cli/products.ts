/**
 * The programs that are reached through the same `heddle` but are none of the command line's own
 * verbs. What their lines look like is theirs to say, and is asked for only when it is needed.
 */
import type { CommandSpec } from "../base/flags.ts";

export const PRODUCTS = [
  {
    name: "operator",
    summary: "run the control plane alone: reads a folder of YAML and configures proxies",
  },
  {
    name: "webhook",
    summary: "put proxies into the pods of a cluster, and check the mesh's objects",
  },
  {
    name: "proxy",
    summary: "run one proxy alone, configured by an operator over a WebSocket",
  },
  {
    name: "init",
    summary: "redirect this machine's or pod's TCP connections to its proxy",
  },
] as const;

export type ProductName = (typeof PRODUCTS)[number]["name"];

/** Products never import each other: who starts the command line gives it these. */
export type ProductSpecs = Readonly<Record<ProductName, () => Promise<CommandSpec>>>;
