import { describe, expect, it } from "vitest";
import { formatProblem } from "../mesh/problem.ts";
import { readManifestBytes, readManifests } from "./read-manifests.ts";

/** Everything that was found, as an editor would show it. */
function told(text: string): readonly string[] {
  const { problems, objects } = readManifests(text, "a.yaml");
  return [...problems, ...objects.flatMap((one) => one.problems)].map(formatProblem);
}

const HEAD = `apiVersion: heddle.mesh/v1alpha1
kind: ServiceProfile
metadata:
  name: web
  namespace: shop
spec:
  service: web
`;

// Pieces of a spec. The mark ¦ stands before what a problem should point at.
const budget = (fields: string) => `  retryBudget: {minRetriesPerSecond: 1, ${fields}}`;
const route = (condition: string) => `  routes: [{name: a, condition: {${condition}}}]`;
const classes = (status: string) =>
  route(`method: GET}, responseClasses: [{condition: {status: ${status}}}], timeouts: {idle: 1s`);
const override = (weight: string) => `  dstOverrides: [{authority: v1, ${weight}}]`;
const at = (field: string) => `spec.routes[0].condition.${field}`;

describe("readManifests", () => {
  it("takes several documents, and names where each begins", () => {
    const service =
      "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n";
    const { objects } = readManifests(`# first\n${service}---\n${service}`, "a.yaml");
    expect(objects.map(({ location }) => location)).toEqual([
      { file: "a.yaml", document: 0, line: 2, column: 1 },
      { file: "a.yaml", document: 1, line: 7, column: 1 },
    ]);
  });

  it.each([
    ["an unknown field", "  ¦rouets: []", "spec.rouets", 'did you mean "routes"?'],
    [
      "a number for a duration",
      budget("retryRatio: 0.2, ttl: ¦10"),
      "spec.retryBudget.ttl",
      '"10s" or "10ms"',
    ],
    [
      "a required field that is misspelt",
      budget("retryRatio: 0.2, ¦tlt: 1s"),
      "spec.retryBudget.tlt",
      'did you mean "ttl"?',
    ],
    [
      "a missing field",
      "  retryBudget: ¦{retryRatio: 0.2, minRetriesPerSecond: 1}",
      "spec.retryBudget.ttl",
      'add "ttl"',
    ],
    [
      "a budget out of range",
      budget("retryRatio: 0.2, ttl: ¦2m"),
      "spec.retryBudget.ttl",
      "must be 1s to 1m, not 2m",
    ],
    [
      "a ratio out of range",
      budget("retryRatio: ¦-1, ttl: 2s"),
      "spec.retryBudget.retryRatio",
      "must be 0 or more, not -1",
    ],
    [
      "a route without a name",
      "  routes:\n    - ¦condition: {method: GET}",
      "spec.routes[0].name",
      "required",
    ],
    [
      "a bad expression",
      "  routes:\n    - name: a\n      condition:\n        pathRegex: ¦/a(",
      at("pathRegex"),
      "does not compile",
    ],
    ["lookaround", route("pathRegex: ¦'/(?!a)'"), at("pathRegex"), "RE2 has no lookaround"],
    [
      "a backreference",
      route("pathRegex: ¦'/(a)\\1'"),
      at("pathRegex"),
      "RE2 has no backreferences",
    ],
    [
      "an operator in a class",
      route("pathRegex: ¦'/[a-z&&[^b]]'"),
      at("pathRegex"),
      "write the class out",
    ],
    [
      "a header's expression",
      route("headers: [{name: a, regex: ¦'('}]"),
      at("headers[0].regex"),
      "does not compile",
    ],
    [
      "a header with a bad name",
      route("headers: [{name: ¦'a b'}]"),
      at("headers[0].name"),
      "the name of a header",
    ],
    ["a method that is none", route("method: ¦'GET /'"), at("method"), "an HTTP method"],
    ["a path without a slash", route("path: ¦a"), at("path"), 'a path, such as "/books"'],
    [
      "two routes of one name",
      "  routes:\n    - {name: a, condition: {method: GET}}\n    - {name: ¦a, condition: {method: PUT}}",
      "spec.routes[1].name",
      "routes[0]",
    ],
    [
      "a range upside down",
      classes("¦{min: 500, max: 400}"),
      "spec.routes[0].responseClasses[0].condition.status",
      "swap them",
    ],
    [
      "a status that is none",
      classes("{min: ¦700}"),
      "spec.routes[0].responseClasses[0].condition.status.min",
      "must be 599 or less",
    ],
    [
      "an empty condition",
      "  routes: [{name: a, condition: ¦{}}]",
      "spec.routes[0].condition",
      "asks nothing",
    ],
    [
      "nesting too deep",
      route("not: {not: {not: {¦not: {method: GET}}}}"),
      at("not.not.not.not"),
      "flatten",
    ],
    [
      "two timeouts",
      route("method: GET}, timeout: ¦1s, timeouts: {request: 1s"),
      "spec.routes[0].timeout",
      "keep one of them",
    ],
    [
      "a duration too long",
      route("method: GET}, timeouts: {idle: ¦9999h"),
      "spec.routes[0].timeouts.idle",
      "not a duration",
    ],
    [
      "both share and match",
      route("method: GET}, mirror: ¦{service: b"),
      "spec.routes[0].mirror",
      "either share or match",
    ],
    [
      "a weight that does not fit",
      override("weight: ¦99999999999999999999"),
      "spec.dstOverrides[0].weight",
      "weight",
    ],
    [
      "a negative weight",
      override("weight: ¦-1"),
      "spec.dstOverrides[0].weight",
      "must not be negative",
    ],
    [
      "a weight that is no number",
      override("weight: ¦much"),
      "spec.dstOverrides[0].weight",
      "a weight, such as",
    ],
    [
      "an authority with a bad port",
      "  dstOverrides: [{authority: ¦'v1:0', weight: 1}]",
      "spec.dstOverrides[0].authority",
      "not an authority",
    ],
    ["a query in a path", route("path: ¦'/a?b'"), at("path"), "query"],
    [
      "a balancer that is none",
      "  loadBalancer: {policy: ¦peak-ewm}",
      "spec.loadBalancer.policy",
      '"peak-ewma"?',
    ],
    [
      "a hash of nothing",
      "  loadBalancer: ¦{policy: consistent-hash}",
      "spec.loadBalancer.hash",
      "needs something",
    ],
    ["a port that is none", "  opaquePorts: [¦70000]", "spec.opaquePorts[0]", "not a port"],
    ["a map for a list", "  routes: ¦{}", "spec.routes", "must be a list, not a map"],
    ["nothing for a list", "  routes: ¦", "spec.routes", "must be a list, not nothing"],
    [
      "a word for a boolean",
      route("method: GET}, isRetryable: ¦yes, timeouts: {idle: 1s"),
      "spec.routes[0].isRetryable",
      "write true",
    ],
  ])("places %s", (_, marked, field, says) => {
    const text = HEAD + marked;
    const before = text.slice(0, text.indexOf("¦")).split("\n");
    const place = `a.yaml:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    const errors = told(`${text.replace("¦", "")}\n`).filter((one) => one.includes(": error: "));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`${place}: error: ServiceProfile shop/web: ${field}: `);
    expect(errors[0]).toContain(says);
  });

  it("finds everything that is wrong with an object at once", () => {
    const found = told(`${HEAD}  rotues: []
  routes:
    - name: a
      timout: 1s
      timeout: 9999h
      condition: {pathRegex: "("}
    - condition: {pathRegex: "("}
    - name: b
      condition: {metod: GET}
    - name: b
      condition: {pathPrefix: /a, headers: [{name: x, regex: "("}]}
      responseClasses: [{condition: {status: {min: 500, max: 400}}}]
  dstOverrides: [{authority: v1, weight: -1}, {authority: "v2:0", weight: 1}]
`);
    expect(
      found.map((text) => text.replace(/^a.yaml:(\d+):.*?shop\/web: (\S*): .*$/, "$1 $2")),
    ).toEqual([
      "8 spec.rotues",
      "11 spec.routes[0].timout",
      "12 spec.routes[0].timeout",
      "13 spec.routes[0].condition.pathRegex",
      "14 spec.routes[1].name",
      "16 spec.routes[2].condition.metod",
      "17 spec.routes[3].name",
      "18 spec.routes[3].condition.headers[0].regex",
      "19 spec.routes[3].responseClasses[0].condition.status",
      "20 spec.dstOverrides[0].weight",
      "20 spec.dstOverrides[1].authority",
    ]);
  });

  it("keeps what stands around a broken document", () => {
    const good = `${HEAD}  routes: []\n`;
    const { objects, problems, unreadable } = readManifests(
      `${good}---\nfoo: [1, "\n---\n${good.replace("name: web", "name: web2")}`,
      "a.yaml",
    );
    expect(objects.map(({ identity }) => identity.name)).toEqual(["web", "web2"]);
    expect(objects.every(({ object }) => object !== null)).toBe(true);
    expect(unreadable).toBe(1);
    expect(problems.every(({ code }) => code === "bad-yaml")).toBe(true);
  });

  it.each([
    [
      "a template",
      "kind: Service\nname: {{ .Values.name }}\n",
      "a template has to be rendered first",
    ],
    ["tabs", "metadata:\n\tname: a\n", "indent with spaces"],
    ["two values without a mark", "{}\n{}\n", 'put "---" between documents'],
    ["an unknown tag", "a: !vault secret\n", "!vault"],
  ])("says what to do about %s", (_, text, says) => {
    const found = told(text);
    expect(found.length).toBeLessThanOrEqual(2);
    expect(found[0]).toContain(says);
  });

  it("names an object that failed, and gives it back as written", () => {
    const { objects } = readManifests(`${HEAD}  bad: 1\n`, "a.yaml");
    expect(objects[0]).toMatchObject({
      identity: { group: "heddle.mesh", kind: "ServiceProfile", namespace: "shop", name: "web" },
      apiVersion: "heddle.mesh/v1alpha1",
      raw: { spec: { service: "web", bad: 1 } },
      object: null,
    });
  });

  it("reads again what it gave back", () => {
    const first = readManifests(
      `${HEAD}  routes: [{name: a, condition: {method: get}}]\n`,
      "a.yaml",
    );
    const again = readManifests(JSON.stringify(first.objects[0]?.raw), "a.yaml");
    expect(again.objects[0]?.object?.intent).toEqual(first.objects[0]?.object?.intent);
    expect(again.objects[0]?.object).not.toBeNull();
  });

  it("unwraps lists, typed ones too, and knows where their items stand", () => {
    const text = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Service
    metadata: {name: a}
    spec: {ports: [{port: 0}]}
---
{"apiVersion": "v1", "kind": "ServiceList", "items": [{"metadata": {"name": "b"}, "spec": {"ports": [{"port": 80}]}}]}
`;
    const { objects } = readManifests(text, "a.yaml");
    expect(objects.map(({ identity }) => identity.name)).toEqual(["a", "b"]);
    expect(objects[0]?.problems[0]).toMatchObject({
      line: 7,
      column: 27,
      field: "spec.ports[0].port",
    });
    expect(objects[1]?.object).not.toBeNull();
  });

  it("leaves other kinds alone and names each once", () => {
    const other =
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {whatever: [}\n".replace(
        "[}",
        "[]}",
      );
    const { objects, problems } = readManifests(`${other}---\n${other}`, "a.yaml");
    expect(objects).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ severity: "note", code: "not-ours", line: 1 });
  });

  it.each([
    ["kind: ServiceProfle\napiVersion: heddle.mesh/v1alpha1", 'did you mean "ServiceProfile"?'],
    ["kind: ServiceProfile\napiVersion: heddle.mesh/v1", 'did you mean "heddle.mesh/v1alpha1"?'],
    ["kind: ServiceProfile\napiVersion: hedle.mesh/v1alpha1", 'did you mean "heddle.mesh"?'],
    ["kind: TrafficSplit\napiVersion: split.smi-spec.io/v1alpha5", "v1alpha"],
    ["kind: Servcie\napiVersion: v1", 'did you mean "Service"?'],
    ["kind: Banana\napiVersion: heddle.mesh/v1alpha1", "known: ServiceProfile"],
  ])("takes %j for a mistake", (head, hint) => {
    expect(told(`${head}\nmetadata: {name: a}\n`)[0]).toContain(hint);
  });

  it("says how keys of an object are written", () => {
    expect(told("Kind: Service\napiVersion: v1\n")[0]).toContain('(write "kind", not Kind)');
  });

  it("says what a document lacks to be an object", () => {
    expect(told("a: 1\n")[0]).toBe(
      'a.yaml:1:1: error: kind: "kind" is required (every object has apiVersion, kind and metadata)',
    );
    expect(told("- 1\n")[0]).toContain("must be a map");
    expect(told("just text\n")[0]).toContain("must be a map");
    expect(told("kind: Service\napiVersion: v1\n")[0]).toContain('"metadata" is required');
    expect(told("kind: Service\napiVersion: v1\nmetadata: {}\nspec: {}\n")[0]).toContain(
      "metadata.name",
    );
  });

  it("expands aliases and merges within an object", () => {
    const text = `${HEAD}  routes:
    - &base {name: a, condition: {method: GET}, timeout: 1s}
    - {<<: *base, name: b}
    - name: c
      condition: *nothing
`;
    expect(told(text)[0]).toContain("a.yaml:12:18: error: ");
    const fine = readManifests(text.replace("*nothing", "{method: PUT}"), "a.yaml");
    expect(fine.objects[0]?.object?.intent).toMatchObject({
      routes: [{ name: "a" }, { name: "b", requestTimeoutMs: 1000 }, { name: "c" }],
    });
  });
});

// Without their bounds these take minutes; with them the whole lot a few seconds.
const LONG = "y".repeat(100_000);

describe("hostile files", { timeout: 60_000 }, () => {
  const within = (text: string, code: string) => {
    const { problems, objects } = readManifests(text, "a.yaml");
    const codes = [...problems, ...objects.flatMap((one) => one.problems)].map((one) => one.code);
    expect(codes).toContain(code);
  };

  it("an alias bomb", () => {
    const lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 12; level += 1) {
      const inner = Array(10)
        .fill(`*a${level - 1}`)
        .join(",");
      lines.push(`a${level}: &a${level} [${inner}]`);
    }
    within(lines.join("\n"), "too-large");
  });

  it("an alias within its own anchor", () => within("a: &a [*a]\n", "bad-yaml"));

  it("nesting without end", () => {
    within("[".repeat(4_000_000), "too-deep");
    within("{a: ".repeat(1_000_000), "too-deep");
    within(`${"? ".repeat(1_000_000)}a`, "too-deep");
    const steps = Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}a:`);
    within(steps.join("\n"), "too-large");
    within("[".repeat(5_000) + "]".repeat(5_000), "too-deep");
    within(`${"- ".repeat(5_000)}a`, "too-deep");
  });

  it("twenty thousand keys, and one of them twice", () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`);
    within(`${keys.join("\n")}\nk7: 2\n`, "duplicate-key");
  });

  it("a duplicate key, with its place", () => {
    const { problems } = readManifests("apiVersion: v1\nkind: Service\nkind: Service\n", "a.yaml");
    expect(problems[0]).toMatchObject({ code: "duplicate-key", line: 3, column: 1 });
  });

  it("numbers beyond all bounds", () => {
    within(`${HEAD}  routes: [{name: a, condition: {method: GET}, priority: 1e999}]\n`, "bad-yaml");
    within(`${HEAD}  routes: [{name: a, condition: {method: GET}, priority: .nan}]\n`, "bad-yaml");
    within(
      `${HEAD}  routes: [{name: a, condition: {method: GET}, priority: 1${"0".repeat(300)}}]\n`,
      "out-of-range",
    );
  });

  it("tabs", () => within("apiVersion: v1\nkind: Service\nmetadata:\n\tname: a\n", "bad-yaml"));

  it("carriage returns and a byte order mark are no trouble", () => {
    const text = `\uFEFF${HEAD}  routes: [{name: a, condition: {method: GET}, x: 1}]\n`;
    const { objects } = readManifests(text.replaceAll("\n", "\r\n"), "a.yaml");
    expect(objects[0]?.problems[0]).toMatchObject({ line: 8, column: 48, code: "unknown-field" });
  });

  it("keys that mean something to JavaScript", () => {
    within(`${HEAD}  __proto__: {routes: []}\n`, "unknown-field");
    within(`${HEAD}  constructor: 1\n`, "unknown-field");
    within("__proto__: 1\nkind: Service\napiVersion: v1\nmetadata: {name: a}\n", "unknown-field");
  });

  it("bytes that are no text", () => {
    const bytes = Uint8Array.from([0x61, 0xff, 0xfe]);
    expect(readManifestBytes(bytes, "a.yaml").problems[0]).toMatchObject({ code: "not-text" });
    expect(readManifests("a\0b", "a.yaml").problems[0]).toMatchObject({ code: "not-text" });
  });

  it("files and documents without end", () => {
    within(`#${" ".repeat(4 * 1024 * 1024)}`, "too-large");
    within("---\na: 1\n".repeat(3_000), "too-many");
    within("a: &a *a\n".repeat(400_000), "too-large");
    expect(readManifests("\n".repeat(4_000_000), "a.yaml").problems).toEqual([]);
    expect(readManifests("---\n".repeat(900_000), "a.yaml").problems).toEqual([]);
  });

  it("one that is too large is told so once, however many documents follow", () => {
    const { problems } = readManifests(
      `${"a: 1\n".repeat(300_000)}${"---\na: 1\n".repeat(9)}`,
      "a",
    );
    expect(problems.map(({ code }) => code)).toEqual(["too-large"]);
  });

  it.each([
    ["a kind", HEAD.replace("ServiceProfile", LONG)],
    ["a group", HEAD.replace("heddle.mesh", LONG)],
    ["a version", HEAD.replace("v1alpha1", LONG)],
    ["a name", HEAD.replace("name: web", `name: ${LONG}`)],
    ["a namespace", HEAD.replace("shop", LONG)],
    ["a field", `${HEAD}  ? ${LONG}\n  : 1\n`],
    ["an anchor", `a: *${LONG}`],
    ["a tag", `a: !${LONG} x`],
    ["a key that stands twice", `? ${LONG}\n: 1\n? ${LONG}\n: 2\n`],
  ])("%s as long as a file is told in a line", (_, text) => {
    const lines = told(text);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line.length).toBeLessThan(1_000);
  });

  it("an expression that would take all memory", () => {
    within(
      `${HEAD}  routes: [{name: a, condition: {pathRegex: "/(((a{1000}){1000}){1000})"}}]\n`,
      "bad-regex",
    );
  });

  it("random damage to a good file never throws", () => {
    const good = `${HEAD}${route('any: [{method: GET}, {pathRegex: "/x"}]')}\n`;
    let seed = 7;
    const next = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let round = 0; round < 500; round += 1) {
      const at = next(good.length);
      const junk = "[]{}:-&*!|>'\"%@`#,?\n\t \u0001é"[next(25)] ?? "";
      const text = good.slice(0, at) + junk + good.slice(at + next(3));
      expect(() => readManifests(text, "a.yaml")).not.toThrow();
    }
  });
});
