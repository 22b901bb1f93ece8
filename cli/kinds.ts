/** What `heddle get` can show, under every name that somebody's fingers may know. */

export interface KindName {
  /** In help and completion. */
  readonly plural: string;
  readonly short: string;
  /** Other names that are understood. */
  readonly aliases: readonly string[];
  /** As in manifests; empty for what is no object of the user's. */
  readonly kind: string;
}

export const KIND_NAMES: readonly KindName[] = [
  {
    plural: "profiles",
    short: "sp",
    aliases: ["profile", "serviceprofile", "serviceprofiles"],
    kind: "ServiceProfile",
  },
  {
    plural: "splits",
    short: "ts",
    aliases: ["split", "trafficsplit", "trafficsplits"],
    kind: "TrafficSplit",
  },
  {
    plural: "policies",
    short: "rp",
    aliases: ["policy", "retrypolicy", "retrypolicies"],
    kind: "RetryPolicy",
  },
  { plural: "services", short: "svc", aliases: ["service"], kind: "Service" },
  { plural: "proxies", short: "px", aliases: ["proxy"], kind: "" },
  { plural: "addresses", short: "addr", aliases: ["address"], kind: "" },
  { plural: "problems", short: "pr", aliases: ["problem"], kind: "" },
];

/** Whatever case and number it was typed in. */
export function findKind(text: string): KindName | undefined {
  const wanted = text.toLowerCase();
  return KIND_NAMES.find(
    (one) => one.plural === wanted || one.short === wanted || one.aliases.includes(wanted),
  );
}

/** Every name, the usual ones first. */
export const KIND_WORDS: readonly string[] = [
  ...KIND_NAMES.map((one) => one.plural),
  ...KIND_NAMES.map((one) => one.short),
  ...KIND_NAMES.flatMap((one) => one.aliases),
];
