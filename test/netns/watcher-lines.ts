/** What `redirect-watcher.ts` prints: a line of JSON each. */
import type { Address } from "../../base/address.ts";

export type WatcherLine =
  | { readonly tells: "open" }
  | {
      readonly tells: "connection";
      readonly door: "outbound" | "inbound";
      readonly from: string;
      readonly at: string;
      readonly meant: Address | null;
    }
  | {
      readonly tells: "proof";
      /** Of IPv4 and IPv6. */
      readonly outcomes: readonly string[];
      readonly problem: string;
    };
