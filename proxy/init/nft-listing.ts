/**
 * What `nft -j list table` prints, as the lines that we write. Whatever we would not have written
 * stays as it is told, and so shows up as foreign.
 */
type Json = Readonly<Record<string, unknown>>;

/** Throws `SyntaxError` when the text is no JSON of nftables. */
export function readNftListing(text: string): readonly string[] {
  const parsed: unknown = JSON.parse(text);
  const items = isObject(parsed) ? parsed.nftables : undefined;
  if (!Array.isArray(items)) throw new SyntaxError("nft printed something else than its objects");
  const lines: string[] = [];
  for (const item of items) {
    if (!isObject(item)) continue;
    const [kind = "", value] = Object.entries(item)[0] ?? [];
    if (kind === "metainfo" || kind === "table") continue;
    lines.push(isObject(value) ? formatObject(kind, value) : `${kind}: ${tell(value)}`);
  }
  return lines;
}

function formatObject(kind: string, value: Json): string {
  if (kind === "chain") {
    const { type, hook, prio, policy } = value;
    if (hook === undefined) return `${tell(value.name)}: a chain`;
    const base = `type ${tell(type)} hook ${tell(hook)} priority ${tell(prio)}`;
    return `${tell(value.name)}: ${base}; policy ${tell(policy)};`;
  }
  if (kind === "rule") {
    const parts = Array.isArray(value.expr) ? value.expr : [];
    return `${tell(value.chain)}: ${parts.map(formatStatement).join(" ")}`;
  }
  return `${kind}: ${tell(value.name)}`;
}

function formatStatement(part: unknown): string {
  if (!isObject(part)) return tell(part);
  const { match, redirect } = part;
  if ("return" in part) return "return";
  if (isObject(redirect)) return `redirect to :${tell(redirect.port)}`;
  if (isObject(match) && match.op === "==") {
    const left = formatLeft(match.left);
    if (left !== undefined) return `${left} ${formatRight(left, match.right)}`;
  }
  return tell(part);
}

function formatLeft(left: unknown): string | undefined {
  if (!isObject(left)) return undefined;
  const { meta, payload } = left;
  if (isObject(payload)) return `${tell(payload.protocol)} ${tell(payload.field)}`;
  const key = isObject(meta) ? meta.key : undefined;
  if (typeof key !== "string") return undefined;
  return key === "iifname" || key === "oifname" ? key : `meta ${key}`;
}

function formatRight(left: string, right: unknown): string {
  if (isObject(right)) {
    const { set, range, prefix } = right;
    if (Array.isArray(set)) {
      const members = set.map((member) => formatRight(left, member));
      return members.length === 1 ? (members[0] ?? "") : `{ ${members.join(", ")} }`;
    }
    if (Array.isArray(range)) return range.map(tell).join("-");
    if (isObject(prefix)) return `${tell(prefix.addr)}/${tell(prefix.len)}`;
    return tell(right);
  }
  if (left.endsWith("ifname")) return JSON.stringify(right);
  // Some versions tell the number of the protocol.
  return left === "meta l4proto" && right === 6 ? "tcp" : tell(right);
}

function tell(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
