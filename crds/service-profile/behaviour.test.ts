import { describe, expect, it } from "vitest";
import { type BehaviourIntent, DEFAULT_BEHAVIOUR_INTENT } from "../../mesh/intent.ts";
import { readSample } from "../sample-read.ts";

const PREFIX = "condition: {pathPrefix: /api/}";

/** A profile of one route in the namespace of a team, about a service of the shop's. */
const profile = (fields: string, condition = PREFIX) => `apiVersion: heddle.mesh/v1alpha1
kind: ServiceProfile
metadata: {name: web, namespace: team}
spec:
  service: web.shop
  routes:
    - name: a
      ${condition}
      ${fields}
`;

/** What the route does, in which nothing is wrong. */
function read(fields: string, condition = PREFIX): Partial<BehaviourIntent> {
  const { intent, found, notEnforced } = readSample(profile(fields, condition));
  expect(found).toEqual([]);
  expect(notEnforced).toEqual([]);
  const behaviour = intent?.type === "profile" ? intent.routes[0]?.behaviour : undefined;
  if (behaviour === undefined) throw new Error("no route");
  const entries = Object.entries(behaviour);
  const defaults = new Map(Object.entries(DEFAULT_BEHAVIOUR_INTENT));
  return Object.fromEntries(entries.filter(([key, value]) => defaults.get(key) !== value));
}

const dark = { namespace: "shop", name: "dark" };

describe("what a route does beside routing", () => {
  it.each([
    [
      "mirror: {service: dark, share: 0.01}",
      { mirror: { service: dark, share: 0.01, match: null, bodyBytesMax: 65_536, compare: false } },
    ],
    [
      "mirror: {service: dark.lab, match: {method: get}, bodyLimit: 1Mi, compare: true}",
      {
        mirror: {
          service: { namespace: "lab", name: "dark" },
          share: 1,
          match: { kind: "method", method: "GET" },
          bodyBytesMax: 1_048_576,
          compare: true,
        },
      },
    ],
    [
      "faults: {delay: {share: 0.1, min: 10ms, max: 1s}}",
      { delay: { share: 0.1, minMs: 10, maxMs: 1000 } },
    ],
    [
      "faults: {delay: {share: 1, min: 10ms}, abort: {share: 0.5, status: 503}}",
      { delay: { share: 1, minMs: 10, maxMs: 10 }, abort: { share: 0.5, status: 503 } },
    ],
    ["rateLimit: {requestsPerSecond: 10}", { rateLimit: rate(10, 10, "") }],
    [
      "rateLimit: {requestsPerSecond: 10, burst: 0, header: X-User}",
      { rateLimit: rate(10, 0, "x-user") },
    ],
    ["importance: critical", { importance: "critical" }],
    [
      "headers: {request: {set: [{name: X-A, value: ' b '}], add: [{name: X-B, value: ''}]}}",
      {
        requestHeaders: {
          set: [{ name: "x-a", value: "b" }],
          add: [{ name: "x-b", value: "" }],
          remove: [],
        },
      },
    ],
    ["headers: {response: {remove: [Server]}}", { answerHeaders: edits(["server"]) }],
    ["headers: {request: {set: []}, response: {}}", {}],
    ["rewrite: {path: /x, host: 'y:81'}", { rewrite: rewrite({ path: "/x", host: "y:81" }) }],
    [
      "rewrite: {pathPrefix: /v2/}",
      { rewrite: rewrite({ pathPrefix: "/v2/", matchedPrefix: "/api/" }) },
    ],
    ["redirect: {scheme: https}", { redirect: redirect({ scheme: "https" }) }],
    [
      "redirect: {status: 308, host: new.example, pathPrefix: /}",
      {
        redirect: redirect({
          status: 308,
          host: "new.example",
          pathPrefix: "/",
          matchedPrefix: "/api/",
        }),
      },
    ],
  ])("%s", (fields, wanted) => {
    expect(read(fields)).toEqual(wanted);
  });

  it.each([
    ["condition: {all: [{method: GET}, {pathPrefix: /b}]}", "/b"],
    ["condition: {method: GET, any: [{pathPrefix: /c}]}", "/c"],
    ["condition: {pathPrefix: /d, all: [{pathPrefix: /d}], not: {pathPrefix: /d/e}}", "/d"],
  ])("takes the prefix out of %s", (condition, matchedPrefix) => {
    expect(read("rewrite: {pathPrefix: /x}", condition)).toMatchObject({
      rewrite: { matchedPrefix },
    });
  });

  it.each([
    "condition: {path: /a}",
    "condition: {pathRegex: /a.*}",
    "condition: {any: [{pathPrefix: /a}, {pathPrefix: /b}]}",
    "condition: {not: {pathPrefix: /a}}",
    "condition: {all: [{pathPrefix: /a}, {pathPrefix: /a/b}]}",
  ])("has no prefix to replace in %s", (condition) => {
    for (const what of ["rewrite", "redirect"]) {
      const found = readSample(profile(`${what}: {pathPrefix: /x}`, condition));
      expect(found).toMatchObject({
        intent: null,
        found: [`error no-prefix spec.routes[0].${what}.pathPrefix`],
      });
    }
  });

  it.each([
    ["mirror: {service: a.b.c, share: 1}", "bad-service", "mirror.service"],
    ["mirror: {service: a, share: 2}", "out-of-range", "mirror.share"],
    ["mirror: {service: a}", "contradiction", "mirror"],
    ["mirror: {service: a, share: 1, match: {method: GET}}", "contradiction", "mirror"],
    ["mirror: {service: a, share: 1, bodyLimit: 17Mi}", "out-of-range", "mirror.bodyLimit"],
    ["faults: {delay: {share: 1, min: 2s, max: 1s}}", "out-of-range", "faults.delay.max"],
    ["faults: {abort: {share: 1, status: 199}}", "out-of-range", "faults.abort.status"],
    ["headers: {request: {set: [{name: a}]}}", "required", "headers.request.set[0].value"],
    [
      'headers: {request: {set: [{name: a, value: "b\\r\\nc: d"}]}}',
      "bad-value",
      "headers.request.set[0].value",
    ],
    ["headers: {request: {remove: ['a b']}}", "bad-value", "headers.request.remove[0]"],
    ["headers: {request: {set: [{name: Host, value: b}]}}", ...reserved("request.set[0].name")],
    ["headers: {response: {remove: [Content-Length]}}", ...reserved("response.remove[0]")],
    ["headers: {request: {add: [{name: te, value: b}]}}", ...reserved("request.add[0].name")],
    ["headers: {response: {remove: [Heddle-Error]}}", ...reserved("response.remove[0]")],
    [
      "headers: {request: {set: [{name: a, value: b}, {name: A, value: c}]}}",
      "duplicate",
      "headers.request.set[1].name",
    ],
    [
      "headers: {request: {set: [{name: a, value: b}], remove: [A]}}",
      "contradiction",
      "headers.request.remove[0]",
    ],
    ["rewrite: {path: /a, pathPrefix: /b}", "contradiction", "rewrite"],
    ["rewrite: {}", "required", "rewrite"],
    ["rewrite: {path: a}", "bad-value", "rewrite.path"],
    ["rewrite: {path: '/a?b=c'}", "bad-value", "rewrite.path"],
    ["rewrite: {path: '/a b'}", "bad-value", "rewrite.path"],
    ["rewrite: {host: 'a b'}", "bad-value", "rewrite.host"],
    ["rewrite: {host: 'a:0'}", "out-of-range", "rewrite.host"],
    ["redirect: {status: 302}", "required", "redirect"],
    ["redirect: {pathPrefix: /api/}", "required", "redirect"],
    ["redirect: {host: '[::1]:65536'}", "out-of-range", "redirect.host"],
    ["redirect: {status: 300, host: a}", "bad-value", "redirect.status"],
    ["redirect: {scheme: ftp}", "bad-value", "redirect.scheme"],
    ["redirect: {path: /a, pathPrefix: /b}", "contradiction", "redirect"],
    ["redirect: {host: a}\n      rewrite: {host: b}", "contradiction", "redirect"],
    ["redirect: {host: a}\n      mirror: {service: b, share: 1}", "contradiction", "redirect"],
    ["rateLimit: {}", "required", "rateLimit.requestsPerSecond"],
    ["importance: high", "bad-value", "importance"],
  ])("refuses %s", (fields, code, field) => {
    expect(readSample(profile(fields))).toMatchObject({
      intent: null,
      found: [`error ${code} spec.routes[0].${field}`],
    });
  });
});

it("refuses to send callers to the one path that they come from", () => {
  const same = "condition: {all: [{method: GET}, {path: /a}]}";
  const wrong = { intent: null, found: ["error required spec.routes[0].redirect"] };
  expect(readSample(profile("redirect: {path: /a}", same))).toMatchObject(wrong);
  expect(read("redirect: {path: /b}", same).redirect?.path).toBe("/b");
  expect(read("redirect: {path: /a, scheme: https}", same).redirect?.path).toBe("/a");
  expect(read("redirect: {path: /a}", "condition: {pathPrefix: /a}").redirect?.path).toBe("/a");
  expect(read("redirect: {pathPrefix: /api/, host: '[::1]:80'}").redirect?.host).toBe("[::1]:80");
});

it.each([
  ["mirror: {service: web, share: 0.5}", PREFIX, "repeats", "mirror.service"],
  ["timeout: 1s", 'condition: {method: "*"}', "no-effect", "condition.method"],
])("warns of %s where %s", (fields, condition, code, field) => {
  const { intent, found } = readSample(profile(fields, condition));
  expect(intent).not.toBeNull();
  expect(found).toEqual([`warning ${code} spec.routes[0].${field}`]);
});

function rate(requestsPerSecond: number, burst: number, header: string) {
  return { requestsPerSecond, burst, header };
}

function edits(remove: readonly string[]) {
  return { set: [], add: [], remove };
}

function rewrite(fields: object) {
  return { path: "", pathPrefix: "", matchedPrefix: "", host: "", ...fields };
}

function redirect(fields: object) {
  const empty = { scheme: "", host: "", path: "", pathPrefix: "", matchedPrefix: "" };
  return { status: 302, ...empty, ...fields };
}

function reserved(field: string): [string, string] {
  return ["reserved-header", `headers.${field}`];
}
