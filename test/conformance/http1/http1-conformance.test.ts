/** The same bytes to our codec and to readers that nobody here wrote. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONFORMANCE_DOC, renderConformanceDoc } from "./conformance-doc.ts";
import { knownDifference, REASONS } from "./differences.ts";
import { type Judgement, type JudgeName, judgeByNode, judgeByPeer } from "./judge.ts";
import { takesRequests, takesResponse } from "./our-verdict.ts";
import { findBinary, HAPROXY, NGINX } from "./peer-process.ts";
import { REQUEST_CORPUS } from "./request-corpus.ts";
import { RESPONSE_CORPUS } from "./response-corpus.ts";

/** What differs from us without being known, as lines that say what was taken instead. */
function unexplained(judge: JudgeName, judgement: Judgement): readonly string[] {
  const lines: string[] = [];
  const cases = [
    ...REQUEST_CORPUS.map((one) => ({ ...one, theirs: judgement.requests.get(one.name) })),
    ...RESPONSE_CORPUS.map((one) => ({ ...one, theirs: judgement.responses.get(one.name) })),
  ];
  for (const { name, takes, theirs } of cases) {
    if (theirs === takes) continue;
    const known = knownDifference(judge, name);
    if (known?.takes === theirs) continue;
    lines.push(`${name}: we take it for "${takes}", ${judge} for "${theirs}"`);
  }
  return lines;
}

describe("our codec", () => {
  it.each([1, 2, 7, Number.POSITIVE_INFINITY])("takes requests as the corpus says, by %d", (by) => {
    const verdicts = REQUEST_CORPUS.map(({ name, bytes }) => [name, takesRequests(bytes, by)]);
    expect(verdicts).toEqual(REQUEST_CORPUS.map(({ name, takes }) => [name, takes]));
  });

  it("takes responses as the corpus says", () => {
    const verdicts = RESPONSE_CORPUS.map(({ name, bytes }) => [name, takesResponse(bytes)]);
    expect(verdicts).toEqual(RESPONSE_CORPUS.map(({ name, takes }) => [name, takes]));
  });
});

describe("the judges", () => {
  it("Node differs only where the table says so", async () => {
    expect(unexplained("Node", await judgeByNode())).toEqual([]);
  });

  for (const peer of [NGINX, HAPROXY]) {
    const missing = findBinary(peer.binary) === undefined;
    const hint = missing ? ` (skipped: apt-get install ${peer.packageName})` : "";
    it.skipIf(missing)(`${peer.name} differs only where the table says so${hint}`, async () => {
      const judgement = await judgeByPeer(peer);
      expect(judgement).toBeDefined();
      if (judgement !== undefined) expect(unexplained(peer.name, judgement)).toEqual([]);
    });
  }
});

describe("the table of differences", () => {
  it("names cases that exist, once for each judge, and never what we take too", () => {
    const all = [...REQUEST_CORPUS, ...RESPONSE_CORPUS];
    const ours = new Map(all.map(({ name, takes }) => [name, takes]));
    expect(ours.size).toBe(all.length);
    const seen = new Set<string>();
    for (const { cases } of REASONS) {
      for (const [name, verdicts] of Object.entries(cases)) {
        for (const [judge, takes] of Object.entries(verdicts)) {
          expect(ours.has(name), name).toBe(true);
          expect(takes, name).not.toBe(ours.get(name));
          expect(seen.has(`${judge} ${name}`), name).toBe(false);
          seen.add(`${judge} ${name}`);
        }
      }
    }
  });

  it("is in the documentation as it stands", () => {
    expect(readFileSync(CONFORMANCE_DOC, "utf8")).toBe(renderConformanceDoc());
  });
});
