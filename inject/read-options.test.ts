import { describe, expect, it } from "vitest";
import { annotationName } from "./annotation-row.ts";
import { ANNOTATIONS } from "./annotations.ts";
import { readOptions } from "./read-options.ts";
import { SAMPLE_OPTIONS } from "./sample-pod.ts";

type Texts = Readonly<Record<string, string>>;

function read(pod: Texts, namespace: Texts = {}, acceptLinkerd = false) {
  const portNames = new Map([["mysql", 3306]]);
  return readOptions({ pod, namespace, portNames }, { defaults: SAMPLE_OPTIONS, acceptLinkerd });
}

/** One value that is right for each annotation, and one that is not. */
const VALUES: Readonly<Record<string, readonly [right: string, wrong: string]>> = {
  mode: ["explicit", "Explicit mode"],
  "skip-inbound-ports": ["9000-9010,22", "0"],
  "skip-outbound-ports": ["3306", "mysql"],
  "skip-subnets": ["10.0.0.0/8,fd00::/16", "10.0.0.0/33"],
  "opaque-ports": ["5432", "70000"],
  ipv6: ["off", "no"],
  "inbound-port": ["5143", "http"],
  "outbound-port": ["5140", "0"],
  "admin-port": ["5191", "65536"],
  image: ["registry.example/heddle@sha256:0a", "two words"],
  "image-pull-policy": ["Never", "never"],
  "proxy-cpu-request": ["10m", "ten"],
  "proxy-cpu-limit": ["1", "-1"],
  "proxy-memory-request": ["64Mi", "64 Mi"],
  "proxy-memory-limit": ["0.5Gi", "0"],
  "proxy-ephemeral-storage-request": ["1Gi", "1GB"],
  "proxy-ephemeral-storage-limit": ["1Gi", ""],
  "proxy-uid": ["3000", "0"],
  "proxy-gid": ["3000", "staff"],
  "proxy-additional-env": ['[{"name":"A","value":"b"}]', '[{"name":"HEDDLE_ZONE","value":"b"}]'],
  "log-level": ["debug", "loud"],
  "log-format": ["json", "xml"],
  "access-log": ["json", "apache"],
  workers: ["2", "0"],
  "grace-time": ["1m30s", "90"],
  "start-without-operator-after": ["0", "soon"],
  egress: ["true", "yes"],
  limits: ["headBytesMax=131072,fieldCountMax=200", "headBytesMax=1"],
};

describe("every annotation", () => {
  it.each(ANNOTATIONS.map((row) => row.name))(
    "%s takes what is right and names what is not",
    (name) => {
      const [right = "", wrong = ""] = VALUES[name] ?? [];
      const good = read({ [`heddle.mesh/${name}`]: right });
      expect(good.problems).toEqual([]);
      expect(good.notes).toEqual([]);
      expect(good.options).not.toEqual(SAMPLE_OPTIONS);
      const bad = read({ [`heddle.mesh/${name}`]: wrong });
      expect(bad.problems).toEqual([
        expect.objectContaining({ annotation: `heddle.mesh/${name}`, on: "pod" }),
      ]);
      expect(bad.options).toEqual(SAMPLE_OPTIONS);
    },
  );

  it("of Linkerd is one of ours only when asked for", () => {
    const same = ANNOTATIONS.filter(({ linkerd, name }) => linkerd !== "" && name !== "limits");
    for (const row of same) {
      const [right = ""] = VALUES[row.name] ?? [];
      expect(read({ [row.linkerd]: right }).options, row.linkerd).toEqual(SAMPLE_OPTIONS);
      const { options, notes } = read({ [row.linkerd]: right }, {}, true);
      expect(options, row.linkerd).toEqual(read({ [annotationName(row)]: right }).options);
      expect(notes).toEqual([]);
    }
  });
});

describe("readOptions", () => {
  it("takes the pod's word before the namespace's, and ours before Linkerd's", () => {
    const ours = "heddle.mesh/inbound-port";
    const theirs = "config.linkerd.io/inbound-port";
    const port = (pod: Texts, namespace: Texts) => read(pod, namespace, true).options.inboundPort;
    expect(port({ [ours]: "1", [theirs]: "2" }, { [ours]: "3", [theirs]: "4" })).toBe(1);
    expect(port({ [theirs]: "2" }, { [ours]: "3", [theirs]: "4" })).toBe(2);
    expect(port({}, { [ours]: "3", [theirs]: "4" })).toBe(3);
    expect(port({}, { [theirs]: "4" })).toBe(4);
    expect(port({}, {})).toBe(4143);
  });

  it.each([
    ["proxy-log-level", "warn,linkerd=info,hickory=error", { logLevel: "info" }],
    ["proxy-log-level", "trace", { logLevel: "debug" }],
    ["proxy-log-format", "plain", { logFormat: "text" }],
    ["access-log", "apache", { accessLog: "text" }],
    ["shutdown-grace-period", "2m", { graceTime: "2m" }],
    ["proxy-outbound-connect-timeout", "1s", { limits: ["endpointConnectTimeoutMs=1000"] }],
  ])("translates Linkerd's %s: %s", (name, text, wanted) => {
    const { options, problems } = read({ [`config.linkerd.io/${name}`]: text }, {}, true);
    expect(problems).toEqual([]);
    expect(options).toMatchObject(wanted);
  });

  it.each(["constructor", "__proto__", "linkerd=toString"])(
    "refuses Linkerd's level %s",
    (text) => {
      const { problems } = read({ "config.linkerd.io/proxy-log-level": text }, {}, true);
      expect(problems).toMatchObject([{ message: expect.stringContaining("must be debug, info") }]);
    },
  );

  it("never takes Linkerd's image for ours, and says so", () => {
    const name = "config.linkerd.io/proxy-image";
    const { options, notes } = read({ [name]: "linkerd/proxy" }, {}, true);
    expect(options.image).toBe(SAMPLE_OPTIONS.image);
    expect(notes).toEqual([expect.objectContaining({ annotation: name })]);
  });

  it("says what a misspelt annotation was meant to be, and goes on", () => {
    const { problems, notes } = read({ "heddle.mesh/admim-port": "1" });
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      expect.objectContaining({ hint: 'did you mean "heddle.mesh/admin-port"?' }),
    ]);
  });

  it("leaves annotations of others alone", () => {
    const { notes } = read({ "prometheus.io/scrape": "true", "heddle.mesh/inject": "enabled" });
    expect(notes).toEqual([]);
  });

  it("names each bad annotation with the mend", () => {
    const { problems } = read(
      { "heddle.mesh/grace-time": "90" },
      { "heddle.mesh/log-level": "wran" },
    );
    expect(problems).toEqual([
      expect.objectContaining({ on: "namespace", hint: 'did you mean "warn"?' }),
      expect.objectContaining({ on: "pod", hint: 'add a unit: "90s"' }),
    ]);
  });

  it("takes the names of the pod's ports, and those of other pods for nothing", () => {
    const name = "heddle.mesh/opaque-ports";
    expect(read({ [name]: "mysql, 9000-9010" }).options.opaquePorts).toBe("3306,9000-9010");
    expect(read({}, { [name]: "redis,mysql" }).options.opaquePorts).toBe("3306");
    expect(read({ [name]: "redis" }).problems).toHaveLength(1);
    expect(read({}, { [name]: "70000" }).problems).toHaveLength(1);
  });

  it("refuses two listeners on one port", () => {
    const { problems } = read({ "heddle.mesh/inbound-port": "4191" });
    expect(problems).toEqual([
      expect.objectContaining({ annotation: "heddle.mesh/admin-port", on: "namespace" }),
    ]);
  });

  it("refuses a request above its limit, which the API server would refuse", () => {
    const { problems } = read({
      "heddle.mesh/proxy-memory-request": "1Gi",
      "heddle.mesh/proxy-memory-limit": "500Mi",
    });
    expect(problems.map(({ annotation }) => annotation)).toEqual([
      "heddle.mesh/proxy-memory-request",
    ]);
  });

  it.each([
    ["no list", "{}"],
    ["no name", '[{"value":"x"}]'],
    ["twice", '[{"name":"A","value":"x"},{"name":"A","value":"y"}]'],
    ["both", '[{"name":"A","value":"x","valueFrom":{}}]'],
    ["a number", '[{"name":"A","value":1}]'],
    ["another key", '[{"name":"A","value":"x","vlaue":"y"}]'],
    ["a bad name", '[{"name":"1 A","value":"x"}]'],
  ])("refuses variables with %s", (_, text) => {
    expect(read({ "heddle.mesh/proxy-additional-env": text }).problems).toHaveLength(1);
  });

  it.each([
    ["headBytesMax", "write headBytesMax=131072"],
    ["headByteMax=131072", 'did you mean "headBytesMax"?'],
    ["toString=1", expect.stringContaining("there is headBytesMax, ")],
    ["headBytesMax=9999999", ""],
  ])("refuses the limit %s, with which no proxy would start", (text, hint) => {
    const { problems } = read({ "heddle.mesh/limits": text });
    expect(problems).toEqual([expect.objectContaining({ hint })]);
  });

  it("names some of what means nothing, however much that is", () => {
    const names = Array.from({ length: 5_000 }, (_, index) => [`heddle.mesh/x${index}`, ""]);
    expect(read(Object.fromEntries(names)).notes).toHaveLength(32);
  });

  it("refuses to leave everything out by a subnet", () => {
    expect(read({ "heddle.mesh/skip-subnets": "0.0.0.0/0" }).problems).toHaveLength(1);
  });
});
