/**
 * What finding a route costs with 1, 10 and 1,000 of them. Requests go round 64 paths, so that
 * the processor cannot learn one by heart.
 */
import type { Match } from "../../mesh/match.ts";
import type { MatchInput } from "../../mesh/match-input.ts";
import { re2Regexes } from "../../mesh/re2-regex.ts";
import { noRegexes, type RegexCompiler } from "../../mesh/regex-engine.ts";
import { RouteTable } from "../../mesh/route-table.ts";
import { TextRequest } from "../../mesh/text-request.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const PATHS = 64;

/** Names are equally long, however many there are: only their number is to make a difference. */
function catalog(index: number): string {
  return `/catalog/service${String(index).padStart(3, "0")}`;
}

/** `GET /catalog/service<n>/<id>/items` under its expression, and a default rule behind all. */
function routes(count: number): readonly { match: Match }[] {
  const rules: { match: Match }[] = Array.from({ length: count - 1 }, (_, index) => ({
    match: {
      kind: "all",
      of: [
        { kind: "method", method: "GET" },
        { kind: "pathRegex", regex: `${catalog(index)}/[^/]*/items` },
      ],
    },
  }));
  return [...rules, { match: { kind: "all", of: [] } }];
}

function requestsTo(count: number): readonly MatchInput[] {
  return Array.from(
    { length: PATHS },
    (_, index) =>
      new TextRequest("GET", `${catalog((index * 37) % Math.max(1, count - 1))}/4711/items`, [
        ["x-canary", index % 2 === 0 ? "yes" : "no"],
      ]),
  );
}

function subject(
  name: string,
  rules: readonly { match: Match }[],
  requests: readonly MatchInput[],
  regexes: RegexCompiler = noRegexes,
): Subject {
  const table = new RouteTable(rules, regexes);
  const run = (times: number): number => {
    let total = 0;
    for (let count = 0; count < times; count++) {
      total += table.find(requests[count & (PATHS - 1)]!);
    }
    return total;
  };
  return { name, run };
}

const canary: Match = { kind: "header", name: "x-canary", value: { kind: "exact", text: "yes" } };
const suffix: Match = { kind: "pathRegex", regex: "/catalog/.*s" };

runMicroBench([
  subject("route among 1", routes(1), requestsTo(1)),
  subject("route among 10", routes(10), requestsTo(10)),
  subject("route among 1,000", routes(1000), requestsTo(1000)),
  subject("route among 10, none of them fits", routes(10), requestsTo(5000).slice(0, PATHS)),
  subject("route among 10, a header first", [{ match: canary }, ...routes(10)], requestsTo(10)),
  subject(
    "route among 10, an expression for the engine first",
    [{ match: suffix }, ...routes(10)],
    requestsTo(10),
    re2Regexes,
  ),
  {
    name: "compile 1,000 routes",
    run: (times) => {
      const rules = routes(1000);
      let total = 0;
      for (let count = 0; count < times; count++) {
        total += new RouteTable(rules, noRegexes).headerNames.length;
      }
      return total;
    },
  },
]);
