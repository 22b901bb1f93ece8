import { describe, expect, it } from "vitest";
import { readSample } from "../sample-read.ts";

const split = (version: string, spec: string) => `
apiVersion: split.smi-spec.io/${version}
kind: TrafficSplit
metadata: {name: podinfo, namespace: test}
spec:
${spec}`;

const backends = (...weights: readonly (string | number)[]) =>
  `  service: podinfo\n  backends:\n${weights
    .map((weight, index) => `  - {service: podinfo-v${index}, weight: ${weight}}\n`)
    .join("")}`;

function weightsOf(version: string, ...weights: readonly (string | number)[]): unknown {
  const { intent } = readSample(split(version, backends(...weights)));
  return intent?.type === "split" ? intent.backends.map((one) => one.weightMilli) : null;
}

describe("a TrafficSplit of SMI's", () => {
  it("as progressive delivery tools write it", () => {
    const read = readSample(
      split(
        "v1alpha2",
        `  service: podinfo
  backends:
  - service: podinfo-canary
    weight: 10
  - service: podinfo-primary
    weight: 90
`,
      ),
    );
    expect(read).toEqual({
      found: [],
      notEnforced: [],
      intent: {
        type: "split",
        service: { namespace: "test", name: "podinfo" },
        backends: [
          { service: { namespace: "test", name: "podinfo-canary" }, port: 0, weightMilli: 10_000 },
          { service: { namespace: "test", name: "podinfo-primary" }, port: 0, weightMilli: 90_000 },
        ],
        matches: [],
      },
    });
  });

  it("takes quantities in v1alpha1 and whole numbers after it", () => {
    expect(weightsOf("v1alpha1", "500m", 1, '"1"', "1k", "0.25")).toEqual([
      500, 1000, 1000, 1_000_000, 250,
    ]);
    expect(weightsOf("v1alpha2", 1000, 500)).toEqual([1_000_000, 500_000]);
    expect(readSample(split("v1alpha2", backends("500m"))).found).toEqual([
      "error wrong-type spec.backends[0].weight",
    ]);
    expect(readSample(split("v1alpha4", backends(0.5))).found).toEqual([
      "error wrong-type spec.backends[0].weight",
    ]);
  });

  it("warns when all weights are zero", () => {
    const read = readSample(split("v1alpha4", backends(0, 0)));
    expect(read.found).toEqual(["warning no-weight spec.backends"]);
    expect(read.intent).not.toBeNull();
  });

  it.each([
    ["v1alpha1", -1, "bad-weight"],
    ["v1alpha1", "much", "bad-value"],
    ["v1alpha1", "1e40", "out-of-range"],
    ["v1alpha2", -1, "out-of-range"],
    ["v1alpha3", 1_000_001, "bad-weight"],
  ])("%s refuses the weight %s", (version, weight, code) => {
    expect(readSample(split(version, backends(weight))).found).toEqual([
      `error ${code} spec.backends[0].weight`,
    ]);
  });

  it("knows matches from v1alpha3 on", () => {
    const matches = `${backends(1)}  matches:\n  - {kind: HTTPRouteGroup, name: beta}\n`;
    expect(readSample(split("v1alpha3", matches)).intent).toMatchObject({
      matches: [{ kind: "group", group: "beta", names: [] }],
    });
    expect(readSample(split("v1alpha2", matches)).found).toEqual([
      "error unknown-field spec.matches",
    ]);
    const tcp = matches.replace("HTTPRouteGroup", "TCPRoute");
    expect(readSample(split("v1alpha4", tcp)).found).toEqual([
      "error bad-value spec.matches[0].kind",
    ]);
  });

  it("stays in one namespace, however the root is written", () => {
    const root = (name: string) =>
      readSample(
        split("v1alpha4", backends(1).replace("service: podinfo\n", `service: ${name}\n`)),
      );
    expect(root("podinfo.test.svc.cluster.local").intent).toMatchObject({
      service: { namespace: "test", name: "podinfo" },
    });
    expect(root("podinfo.prod").found).toEqual(["error bad-service spec.service"]);
  });

  it("refuses a backend that is listed twice", () => {
    const twice = `${backends(1)}  - {service: podinfo-v0, weight: 2}\n`;
    expect(readSample(split("v1alpha4", twice)).found).toEqual([
      "error duplicate spec.backends[1].service",
    ]);
  });
});

const MATCHES = `matches:
- name: iphone-users
  pathRegex: /api
  methods: [get, HEAD]
  headers:
    User-Agent: ".*iPhone.*"
- name: everything
  methods: ["*"]
`;

describe("an HTTPRouteGroup", () => {
  const group = (version: string, rest: string) =>
    `apiVersion: specs.smi-spec.io/${version}\nkind: HTTPRouteGroup\nmetadata: {name: ab}\n${rest}`;
  const inSpec = (yaml: string) => `spec:\n${yaml.replace(/^/gm, "  ")}`;

  it("means its path's beginning, any of its methods, and all of its headers", () => {
    const read = readSample(group("v1alpha4", inSpec(MATCHES)));
    expect(read).toEqual({
      found: [],
      notEnforced: [],
      intent: {
        type: "route-group",
        matches: [
          {
            name: "iphone-users",
            match: {
              kind: "all",
              of: [
                { kind: "pathRegex", regex: "/api.*" },
                {
                  kind: "any",
                  of: [
                    { kind: "method", method: "GET" },
                    { kind: "method", method: "HEAD" },
                  ],
                },
                {
                  kind: "header",
                  name: "user-agent",
                  value: { kind: "regex", regex: ".*iPhone.*" },
                },
              ],
            },
          },
          { name: "everything", match: { kind: "all", of: [] } },
        ],
      },
    });
  });

  it("has its matches beside metadata in the first versions, and headers as a list", () => {
    const listed = MATCHES.replace("    User-Agent", "  - User-Agent");
    const [old, now] = [group("v1alpha2", listed), group("v1alpha4", inSpec(MATCHES))];
    expect(readSample(old).intent).toEqual(readSample(now).intent);
    expect(readSample(old).intent).not.toBeNull();
    expect(readSample(group("v1alpha1", inSpec(listed))).found).toContain(
      "error unknown-field spec",
    );
    expect(readSample(group("v1alpha3", listed)).found).toContain("error unknown-field matches");
  });

  it.each([
    ["/api.*", "/api.*"],
    ["/api$", "/api"],
    ["^/api", "/api.*"],
    [".*", ".*"],
    ["/a|/b$", "/a.*|/b"],
  ])("anchors the path %s at its beginning", (path, regex) => {
    const read = readSample(
      group("v1alpha4", inSpec(`matches: [{name: a, pathRegex: "${path}"}]\n`)),
    );
    expect(read.intent).toMatchObject({
      matches: [{ match: { of: [{ kind: "pathRegex", regex }] } }],
    });
  });

  it("drops the anchors of a header's expression, which is always whole", () => {
    const text = 'matches: [{name: a, headers: {cookie: "^(.*?;)?(type=insider)(;.*)?$"}}]\n';
    expect(readSample(group("v1alpha4", inSpec(text))).intent).toMatchObject({
      matches: [{ match: { of: [{ value: { regex: "(.*?;)?(type=insider)(;.*)?" } }] } }],
    });
  });

  it("refuses bad expressions, bad header names and names used twice", () => {
    const found = (yaml: string) => readSample(group("v1alpha4", inSpec(yaml))).found;
    expect(found('matches: [{name: a, pathRegex: "("}]\n')).toEqual([
      "error bad-regex spec.matches[0].pathRegex",
    ]);
    expect(found('matches: [{name: a, headers: {"a b": x}}]\n')).toEqual([
      'error bad-value spec.matches[0].headers["a b"]',
    ]);
    expect(found("matches: [{name: a}, {name: a}]\n")).toEqual([
      "error duplicate spec.matches[1].name",
    ]);
  });
});
