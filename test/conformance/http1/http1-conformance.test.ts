/** The same bytes to our codec and to readers that nobody here wrote. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CONFORMANCE_DOC, renderConformanceDoc } from "./conformance-doc.ts";
import { knownDifference, REASONS } from "./differences.ts";
import { type IsKnown, type Judgement, type JudgeName, judgeByNode, judgeByPeer } from "./judge.ts";
import { takesRequests, takesResponse } from "./our-verdict.ts";
import { findBinary, HAPROXY, NGINX } from "./peer-process.ts";
import { REQUEST_CORPUS } from "./request-corpus.ts";
import { RESPONSE_CORPUS } from "./response-corpus.ts";

const CASES = [...REQUEST_CORPUS, ...RESPONSE_CORPUS];
const OURS: ReadonlyMap<string, string> = new Map(CASES.map(({ name, takes }) => [name, takes]));

/** Whether the judge takes the case for what we do, or for what the table says. */
function knownTo(judge: JudgeName): IsKnown {
  return (name, verdict) =>
    verdict === OURS.get(name) || verdict === knownDifference(judge, name)?.takes;
}

/** What differs from us without being known, as lines that say what was taken instead. */
function unexplained(judge: JudgeName, { requests, responses }: Judgement): readonly string[] {
  const isKnown = knownTo(judge);
  return CASES.flatMap(({ name, takes }) => {
    const theirs = requests.get(name) ?? responses.get(name) ?? "nothing";
    if (isKnown(name, theirs)) return [];
    return [`${name}: we take it for "${takes}", ${judge} for "${theirs}"`];
  });
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
    expect(unexplained("Node", await judgeByNode(knownTo("Node")))).toEqual([]);
  });

  for (const peer of [NGINX, HAPROXY]) {
    const missing = findBinary(peer.binary) === undefined;
    const hint = missing ? ` (skipped: apt-get install ${peer.packageName})` : "";
    it.skipIf(missing)(`${peer.name} differs only where the table says so${hint}`, async () => {
      const judgement = await judgeByPeer(peer, knownTo(peer.name));
      expect(judgement).toBeDefined();
      if (judgement !== undefined) expect(unexplained(peer.name, judgement)).toEqual([]);
    });
  }
});

describe("the table of differences", () => {
  it("names cases that exist, once for each judge, and never what we take too", () => {
    expect(OURS.size).toBe(CASES.length);
    const seen = new Set<string>();
    for (const { cases } of REASONS) {
      for (const [name, verdicts] of Object.entries(cases)) {
        for (const [judge, takes] of Object.entries(verdicts)) {
          expect(OURS.has(name), name).toBe(true);
          expect(takes, name).not.toBe(OURS.get(name));
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
