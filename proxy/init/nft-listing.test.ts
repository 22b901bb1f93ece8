import { describe, expect, it } from "vitest";
import { readNftListing } from "./nft-listing.ts";
import { expectedNftLines, formatNftRules } from "./nft-rules.ts";
import { planRedirect } from "./redirect-plan.ts";
import { SAMPLE_SETTINGS } from "./sample-settings.ts";

function rule(...expr: readonly unknown[]): string {
  return JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6" } },
      { table: { family: "inet", name: "heddle", handle: 2 } },
      { rule: { family: "inet", table: "heddle", chain: "outbound", handle: 3, expr } },
    ],
  });
}

const match = (left: unknown, right: unknown, op = "==") => ({ match: { op, left, right } });
const meta = (key: string) => ({ meta: { key } });
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });

describe("a listing of nft", () => {
  it.each([
    ["meta skuid 2102 return", [match(meta("skuid"), 2102), { return: null }]],
    ['oifname "lo" return', [match(meta("oifname"), "lo"), { return: null }]],
    [
      "tcp dport { 80, 4567-4568 } return",
      [match(payload("tcp", "dport"), { set: [80, { range: [4567, 4568] }] }), { return: null }],
    ],
    [
      "tcp dport 4567-4568 return",
      [match(payload("tcp", "dport"), { range: [4567, 4568] }), { return: null }],
    ],
    [
      "ip daddr 10.1.0.0/16 return",
      [match(payload("ip", "daddr"), { prefix: { addr: "10.1.0.0", len: 16 } }), { return: null }],
    ],
    [
      "meta l4proto tcp redirect to :4140",
      [match(meta("l4proto"), "tcp"), { redirect: { port: 4140 } }],
    ],
    [
      "meta l4proto tcp redirect to :4140",
      [match(meta("l4proto"), 6), { redirect: { port: 4140 } }],
    ],
  ])("is told as we write it: %s", (line, expr) => {
    expect(readNftListing(rule(...expr))).toEqual([`outbound: ${line}`]);
  });

  it("keeps what we would not have written", () => {
    const drop = readNftListing(rule(match(meta("skuid"), 5, "!="), { drop: null }));
    expect(drop[0]).toContain('"op":"!="');
    expect(drop[0]).toContain('{"drop":null}');
    const set = '{"nftables": [{"set": {"name": "blocked", "family": "inet"}}]}';
    expect(readNftListing(set)).toEqual(["set: blocked"]);
    const chain = '{"nftables": [{"chain": {"name": "mine"}}]}';
    expect(readNftListing(chain)).toEqual(["mine: a chain"]);
  });

  it.each(["", "no json", "[]", "{}"])("is refused when it is none: %j", (text) => {
    expect(() => readNftListing(text)).toThrow(SyntaxError);
  });
});

describe("the rules for nft", () => {
  it("are the lines that are looked for later", () => {
    const plan = planRedirect(SAMPLE_SETTINGS);
    const text = formatNftRules(plan);
    for (const line of expectedNftLines(plan)) {
      expect(text).toContain(`    ${line.slice(line.indexOf(":") + 2)}\n`);
    }
  });

  it("let the proxy's user out after the probe, and before all else", () => {
    const lines = expectedNftLines(planRedirect(SAMPLE_SETTINGS));
    expect(lines.filter((line) => line.startsWith("outbound: ")).slice(1, 6)).toEqual([
      "outbound: ip daddr 192.0.2.1 tcp dport 4199 redirect to :4140",
      "outbound: ip6 daddr 2001:db8::1 tcp dport 4199 redirect to :4140",
      "outbound: meta skuid 2102 return",
      "outbound: meta skuid 0 return",
      'outbound: oifname "lo" return',
    ]);
  });

  it("leave IPv6 alone when told to", () => {
    const lines = expectedNftLines(planRedirect({ ...SAMPLE_SETTINGS, families: ["ipv4"] }));
    expect(lines.filter((line) => line.includes("ip6"))).toEqual([]);
    expect(lines.at(-1)).toBe("outbound: meta nfproto ipv4 meta l4proto tcp redirect to :4140");
  });
});
