import { describe, expect, it } from "vitest";
import type { SliceEndpoint } from "../../../mesh/intent.ts";
import { formatServiceKey } from "../../../mesh/service-key.ts";
import { service, slice } from "../../index/sample-objects.ts";
import { joinSlices } from "./join-slices.ts";

const key = (port: number) =>
  formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port });

function endpoint(fields: Partial<SliceEndpoint>): SliceEndpoint {
  const place = { hostname: "", node: "", zone: "", targetUid: "", protocol: "unknown" } as const;
  return { addresses: ["10.0.0.1"], state: "ready", ...place, ...fields };
}

function join(fields: Parameters<typeof slice>[3], ports: readonly number[] = [80]) {
  const joined = joinSlices(service("web", ports), [slice("s", "web", [], fields)], "files", true);
  return joined.get(key(ports[0] ?? 80))?.set;
}

describe("joining a service with its slices", () => {
  it("finds ports by name", () => {
    const ports = [
      { name: "p80", port: 8080, appProtocol: "" },
      { name: "p81", port: 8081, appProtocol: "" },
    ];
    const one = slice("s", "web", ["10.0.0.1", "10.0.0.2"], { ports });
    const joined = joinSlices(service("web", [80, 81, 82]), [one], "files", true);
    const shown = [80, 81, 82].map((port) => joined.get(key(port))?.set.endpoints.map((e) => e.id));
    expect(shown).toEqual([
      ["10.0.0.1:8080", "10.0.0.2:8080"],
      ["10.0.0.1:8081", "10.0.0.2:8081"],
      [],
    ]);
  });

  it("takes the first address, brackets IPv6, and tells targets apart", () => {
    const endpoints = [
      endpoint({ addresses: ["fd00::1", "fd00::2"] }),
      endpoint({ addresses: ["10.0.0.9"], targetUid: "u1" }),
      endpoint({ addresses: [] }),
    ];
    const set = join({ endpoints });
    expect(set?.endpoints.map(({ id, address }) => [id, address])).toEqual([
      ["10.0.0.9:8080/u1", "10.0.0.9"],
      ["[fd00::1]:8080", "fd00::1"],
    ]);
  });

  it("sorts, and names nobody twice: the better state counts", () => {
    const endpoints = [
      endpoint({ addresses: ["10.0.0.2"], state: "not-ready" }),
      endpoint({ addresses: ["10.0.0.1"], state: "terminating" }),
      endpoint({ addresses: ["10.0.0.2"], state: "ready" }),
      endpoint({ addresses: ["10.0.0.1"], state: "not-ready" }),
    ];
    expect(join({ endpoints })?.endpoints.map(({ id, state }) => [id, state])).toEqual([
      ["10.0.0.1:8080", "terminating"],
      ["10.0.0.2:8080", "ready"],
    ]);
  });

  it("asks the service for a port that the slice leaves open", () => {
    const open = [{ name: "", port: 0, appProtocol: "" }];
    expect(join({ ports: open, endpoints: [endpoint({})] })?.endpoints[0]?.port).toBe(80);
  });

  it("carries where each is, and for whom, and decides nothing by it", () => {
    const place = { zone: "west", node: "n1", zoneHints: ["east", "west"] };
    const endpoints = [endpoint(place), endpoint({ addresses: ["10.0.0.2"], zone: "east" })];
    const [hinted, other] = join({ endpoints })?.endpoints ?? [];
    expect(hinted).toMatchObject(place);
    expect(other).toMatchObject({ zone: "east", node: "" });
    expect(other).not.toHaveProperty("zoneHints");
  });

  it("knows who stands behind a proxy of ours", () => {
    expect(join({ endpoints: [endpoint({})] })?.endpoints[0]?.proxied).toBe(false);
    expect(join({ proxied: true, endpoints: [endpoint({})] })?.endpoints[0]?.proxied).toBe(true);
  });

  it.each([
    ["http", "http1"],
    ["kubernetes.io/h2c", "http2"],
    ["tcp", "opaque"],
    ["example.com/odd", "unknown"],
    ["", "unknown"],
  ])("takes appProtocol %j for %s", (appProtocol, protocol) => {
    const ports = [{ name: "", port: 8080, appProtocol }];
    expect(join({ ports, endpoints: [endpoint({})] })?.endpoints[0]?.protocol).toBe(protocol);
  });
});

describe("a service that is another name for a host", () => {
  function endpointsOf(externalName: string, targetPort: number | string = 8080) {
    const plain = service("web", [80]);
    const port = { name: "", port: 80, targetPort, appProtocol: "http" };
    const named = { ...plain, intent: { ...plain.intent, externalName, ports: [port] } };
    const joined = joinSlices(named, [slice("s", "web", ["10.0.0.1"])], "files", true);
    return joined.get(key(80))?.set.endpoints;
  }

  it("has the host as its endpoint, and no slices", () => {
    expect(endpointsOf("db.example.com")).toEqual([
      {
        ...{ id: "db.example.com:8080", address: "db.example.com", port: 8080, state: "ready" },
        ...{ weight: 1, zone: "", node: "", protocol: "http1", proxied: false, identity: "" },
      },
    ]);
  });

  it("is dialled on its own port where the target is a name of pods' ports", () => {
    expect(endpointsOf("db.example.com.", "web")).toMatchObject([
      { id: "db.example.com:80", address: "db.example.com", port: 80 },
    ]);
  });

  it("has none when the name is none", () => {
    expect(endpointsOf("10.0.0.1")).toEqual([]);
    expect(endpointsOf("a..b")).toEqual([]);
  });
});
