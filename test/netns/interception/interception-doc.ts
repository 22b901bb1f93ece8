/** The table in docs/interception.md, made from what the test saw. `make golden` renews it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT_FOLDER } from "../../harness/pod.ts";
import type { SpokenProtocol } from "./spoken-protocol.ts";

const PAGE = join(ROOT_FOLDER, "docs", "interception.md");
const BEGIN = "<!-- begin: test/netns/interception -->";
const END = "<!-- end: test/netns/interception -->";
export const FAMILIES = ["ipv4", "ipv6"] as const;
export const PLACEMENTS = ["client", "server", "both"] as const;

export type Family = (typeof FAMILIES)[number];
/** Whose connections are intercepted. */
export type Placement = (typeof PLACEMENTS)[number];

/** What was seen of one protocol: how it was carried. */
export class Row {
  readonly protocol: SpokenProtocol;
  readonly #cells = new Map<string, string>();

  constructor(protocol: SpokenProtocol) {
    this.protocol = protocol;
  }

  set(placement: Placement, family: Family, result: string): void {
    this.#cells.set(`${placement} ${family}`, result);
  }

  toString(): string {
    const { name, client, server } = this.protocol;
    const cells = PLACEMENTS.map((placement) => this.#cell(placement));
    return `| ${[name, `${client} → ${server}`, ...cells].join(" | ")} |`;
  }

  #cell(placement: Placement): string {
    const [ipv4 = "", ipv6 = ""] = FAMILIES.map(
      (family) => this.#cells.get(`${placement} ${family}`) ?? "not tried",
    );
    return ipv4 === ipv6 ? ipv4 : `IPv4: ${ipv4}; IPv6: ${ipv6}`;
  }
}

/**
 * Compares rows with the page, or writes them there. Rows that could not be tried on this machine
 * stay as they are.
 */
export function expectTable(rows: readonly Row[], skipped: readonly string[]): void {
  const page = readFileSync(PAGE, "utf8");
  const [before = "", rest = ""] = page.split(BEGIN);
  const [table = "", after = ""] = rest.split(END);
  if (process.env.GOLDEN === "1") {
    writeFileSync(PAGE, `${before}${BEGIN}\n\n${renderTable(rows)}\n${END}${after}`);
    return;
  }
  const isSkipped = (line: string): boolean =>
    skipped.some((name) => line.startsWith(`| ${name} |`));
  const shown = table.split("\n").filter((line) => !isSkipped(line));
  const renew = '"make golden ARGS=test/netns/interception" renews docs/interception.md';
  expect(shown.join("\n").trim(), renew).toBe(renderTable(rows).trim());
}

function renderTable(rows: readonly Row[]): string {
  return [
    "| spoken | by | client intercepted | server intercepted | both |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map(String),
    "",
  ].join("\n");
}
