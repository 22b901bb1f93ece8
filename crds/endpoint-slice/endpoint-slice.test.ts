import { describe, expect, it } from "vitest";
import { readSample } from "../sample-read.ts";

const slice = (rest: string, labels = "{kubernetes.io/service-name: web}") => `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-abc, namespace: shop, labels: ${labels}}
${rest}`;

function states(...conditions: readonly string[]): unknown {
  const endpoints = conditions.map((one, index) => `{addresses: [10.0.0.${index}], ${one}}`);
  const { intent } = readSample(slice(`addressType: IPv4\nendpoints: [${endpoints.join(", ")}]\n`));
  return intent?.type === "endpoint-slice" ? intent.endpoints.map(({ state }) => state) : null;
}

describe("an EndpointSlice", () => {
  it("as a cluster writes it", () => {
    const read = readSample(
      slice(`addressType: IPv4
ports:
- {name: http, protocol: TCP, port: 8080, appProtocol: kubernetes.io/h2c}
- {name: dns, protocol: UDP, port: 53}
endpoints:
- addresses: [10.1.2.3]
  conditions: {ready: true, serving: true, terminating: false}
  nodeName: node-1
  zone: zone-a
  hints: {forZones: [{name: zone-b}, {name: zone-a}, {name: zone-b}]}
  targetRef: {kind: Pod, name: web-x, namespace: shop, uid: "42"}
`),
    );
    expect(read).toEqual({
      found: [],
      notEnforced: [],
      intent: {
        type: "endpoint-slice",
        proxied: false,
        service: { namespace: "shop", name: "web" },
        serviceUid: "",
        ports: [{ name: "http", port: 8080, appProtocol: "kubernetes.io/h2c" }],
        endpoints: [
          {
            addresses: ["10.1.2.3"],
            state: "ready",
            hostname: "",
            node: "node-1",
            zone: "zone-a",
            zoneHints: ["zone-a", "zone-b"],
            targetUid: "42",
            protocol: "unknown",
          },
        ],
      },
    });
  });

  it("takes what is unknown for ready, and terminating ones apart", () => {
    expect(
      states(
        "hostname: a",
        "conditions: {}",
        "conditions: {ready: null}",
        "conditions: {ready: false}",
        "conditions: {ready: false, serving: true, terminating: true}",
        "conditions: {ready: false, serving: false, terminating: true}",
        "conditions: {ready: false, terminating: true}",
        "conditions: {ready: true, terminating: true}",
      ),
    ).toEqual([
      "ready",
      "ready",
      "ready",
      "not-ready",
      "serving",
      "terminating",
      "terminating",
      "ready",
    ]);
  });

  it("may be empty, also by null", () => {
    const read = readSample(slice("addressType: IPv6\nendpoints: null\nports: null\n"));
    expect(read).toMatchObject({ found: [], intent: { ports: [], endpoints: [] } });
  });

  it.each([
    ["addressType: FQDN\nendpoints: [{addresses: [a.b]}]\n", "error not-supported addressType"],
    ["endpoints: []\n", "error required addressType"],
    [
      "addressType: IPv4\nendpoints: [{addresses: ['::1']}]\n",
      "error bad-address endpoints[0].addresses[0]",
    ],
    [
      "addressType: IPv6\nendpoints: [{addresses: [1.2.3.4]}]\n",
      "error bad-address endpoints[0].addresses[0]",
    ],
    [
      "addressType: IPv4\nendpoints: [{addresses: [1.2.3.400]}]\n",
      "error bad-address endpoints[0].addresses[0]",
    ],
    ["addressType: IPv4\nendpoints: [{addresses: []}]\n", "error too-few endpoints[0].addresses"],
    ["addressType: IPv4\nports: [{port: 1}, {port: 2}]\n", "error duplicate ports[1].name"],
    ["addressType: IPv4\nports: [{port: 0}]\n", "error out-of-range ports[0].port"],
    ["addressType: IPv4\nendpionts: []\n", "error unknown-field endpionts"],
  ])("refuses %j", (rest, found) => {
    expect(readSample(slice(rest))).toMatchObject({ intent: null, found: [found] });
  });

  it("belongs to a service by its label", () => {
    expect(readSample(slice("addressType: IPv4\n", "{}")).found).toEqual([
      "error required metadata.labels",
    ]);
  });

  it.each([
    ["true", true, []],
    ["false", false, []],
    ["yes", false, ['warning bad-value metadata.labels["heddle.mesh/proxied"]']],
  ])("says by a label whether a proxy stands before its endpoints: %s", (value, proxied, found) => {
    const labels = `{kubernetes.io/service-name: web, heddle.mesh/proxied: "${value}"}`;
    const read = readSample(slice("addressType: IPv4\n", labels));
    expect(read.found).toEqual(found);
    expect(read.intent?.type === "endpoint-slice" ? read.intent.proxied : undefined).toBe(proxied);
  });
});
