import { describe, expect, it } from "vitest";
import { readSample } from "../sample-read.ts";

const service = (spec: string, name = "web") =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop, creationTimestamp: null}\nspec: ${spec}\n`;

describe("a Service", () => {
  it("with ports of several kinds", () => {
    const read = readSample(
      service(
        "{clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7], selector: {app: web}, ports: [" +
          "{name: http, port: 80, targetPort: web, appProtocol: http}, " +
          "{name: admin, port: 81, targetPort: 8081}, {name: raw, port: 82}, " +
          "{name: dns, port: 53, protocol: UDP}]}",
      ),
    );
    expect(read).toEqual({
      found: [],
      notEnforced: [],
      intent: {
        type: "service",
        clusterIps: ["10.96.0.7"],
        ipFamilies: [],
        headless: false,
        externalName: "",
        ports: [
          { name: "http", port: 80, targetPort: "web", appProtocol: "http" },
          { name: "admin", port: 81, targetPort: 8081, appProtocol: "" },
          { name: "raw", port: 82, targetPort: 82, appProtocol: "" },
        ],
        opaquePorts: null,
        nodes: "any",
      },
    });
  });

  it.each([
    ["internalTrafficPolicy: Cluster", "any"],
    ["internalTrafficPolicy: Local, trafficDistribution: PreferSameZone", "only"],
    ["trafficDistribution: PreferSameNode", "prefer"],
    ["trafficDistribution: PreferSomethingNew", "any"],
  ])("with %s has nodes count as %s", (fields, nodes) => {
    const read = readSample(service(`{ports: [{port: 80}], ${fields}}`));
    expect(read).toMatchObject({ found: [], intent: { nodes } });
  });

  it("of two families has the first one first", () => {
    const read = readSample(
      service(
        "{clusterIPs: [fd00::7, 10.96.0.7], ipFamilies: [IPv6, IPv4], " +
          "ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}",
      ),
    );
    expect(read).toMatchObject({
      found: [],
      intent: { clusterIps: ["fd00::7", "10.96.0.7"], ipFamilies: ["IPv6", "IPv4"] },
    });
  });

  it("with ports that an annotation calls opaque", () => {
    const opaque = (text: string) =>
      readSample(
        service("{ports: [{name: db, port: 5433}, {name: web, port: 80}]}").replace(
          "creationTimestamp: null",
          `annotations: {config.linkerd.io/opaque-ports: ${JSON.stringify(text)}}`,
        ),
      );
    expect(opaque("25, 4000-4010,db")).toMatchObject({
      found: [],
      intent: {
        opaquePorts: [
          { first: 25, last: 25 },
          { first: 4000, last: 4010 },
          { first: 5433, last: 5433 },
        ],
      },
    });
    expect(opaque("").intent).toMatchObject({ opaquePorts: [] });
    const path = 'metadata.annotations["config.linkerd.io/opaque-ports"]';
    expect(opaque("25,cache")).toMatchObject({
      found: [`warning bad-port ${path}`],
      intent: { opaquePorts: null },
    });
  });

  it("without an address of its own, or by another name", () => {
    expect(readSample(service("{clusterIP: None}")).intent).toMatchObject({
      headless: true,
      clusterIps: [],
      ports: [],
    });
    expect(readSample(service("{type: ExternalName, externalName: DB.example.com}"))).toMatchObject(
      {
        found: [],
        intent: { externalName: "db.example.com", headless: false },
      },
    );
  });

  it.each([
    ["{}", "error required spec.ports"],
    ["{ports: []}", "error required spec.ports"],
    ["{ports: [{port: 80}, {port: 81, name: b}]}", "error required spec.ports[0].name"],
    ["{ports: [{port: 80, name: a}, {port: 81, name: a}]}", "error duplicate spec.ports[1].name"],
    ["{ports: [{port: 80, name: a}, {port: 80, name: b}]}", "error duplicate spec.ports[1].port"],
    ["{ports: [{port: 65536}]}", "error out-of-range spec.ports[0].port"],
    ["{ports: [{port: 80, targetPort: '8080'}]}", "error wrong-type spec.ports[0].targetPort"],
    ["{ports: [{port: 80, targetPort: 70000}]}", "error out-of-range spec.ports[0].targetPort"],
    ["{ports: [{prot: 80, port: 80}]}", "error unknown-field spec.ports[0].prot"],
    ["{type: ExternalName}", "error required spec.externalName"],
  ])("refuses %s", (spec, found) => {
    expect(readSample(service(spec))).toMatchObject({ intent: null, found: [found] });
  });

  it("is named as DNS can say it", () => {
    const found = (name: string) => readSample(service("{ports: [{port: 80}]}", name)).found;
    for (const name of ["web", "1web", '"123"', "a".repeat(63)]) expect(found(name)).toEqual([]);
    for (const name of ["Web", "-web", "web-", "web.a", "a".repeat(64)]) {
      expect(found(name)).toEqual(["error bad-value metadata.name"]);
    }
  });
});
