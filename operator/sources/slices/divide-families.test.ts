import { describe, expect, it } from "vitest";
import type { IpFamily, ServiceIntent, SliceEndpoint } from "../../../mesh/intent.ts";
import { formatServiceKey } from "../../../mesh/service-key.ts";
import { service, slice } from "../../index/sample-objects.ts";
import { joinSlices } from "./join-slices.ts";

const KEY = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });

const at = (address: string, targetUid = ""): SliceEndpoint => ({
  ...{ addresses: [address], state: "ready", hostname: "", node: "", zone: "" },
  ...{ targetUid, protocol: "unknown" },
});

function join(
  v4: readonly SliceEndpoint[],
  v6: readonly SliceEndpoint[],
  fields: Partial<ServiceIntent>,
) {
  const slices = [
    slice("web-v4", "web", [], { endpoints: v4 }),
    slice("web-v6", "web", [], { endpoints: v6 }),
  ];
  const joined = joinSlices(service("web", [80], {}, fields), slices, "files", true).get(KEY);
  const addresses = (list: readonly { address: string }[]) => list.map(({ address }) => address);
  return [addresses(joined?.set.endpoints ?? []), addresses(joined?.alsoAt ?? [])];
}

describe("a service of two families", () => {
  const v4 = [at("10.0.0.1", "a"), at("10.0.0.2", "b")];
  const v6 = [at("fd00::1", "a"), at("fd00::2", "b")];

  it.each<[readonly IpFamily[], string[], string[]]>([
    [
      ["IPv4", "IPv6"],
      ["10.0.0.1", "10.0.0.2"],
      ["fd00::1", "fd00::2"],
    ],
    [
      ["IPv6", "IPv4"],
      ["fd00::1", "fd00::2"],
      ["10.0.0.1", "10.0.0.2"],
    ],
  ])("%s takes each target once, at its address of the first", (ipFamilies, main, others) => {
    expect(join(v4, v6, { ipFamilies })).toEqual([main, others]);
  });

  it("that does not name them has that of its first address first", () => {
    const clusterIps = ["fd00:96::1", "10.96.0.1"];
    expect(join(v4, v6, { clusterIps })[0]).toEqual(["fd00::1", "fd00::2"]);
  });

  it("takes targets that have only the other one at that", () => {
    const some = [at("10.0.0.1", "a")];
    const ipFamilies = ["IPv4", "IPv6"] as const;
    expect(join(some, v6, { ipFamilies })).toEqual([["10.0.0.1", "fd00::2"], ["fd00::1"]]);
    expect(join([], v6, { ipFamilies })).toEqual([["fd00::1", "fd00::2"], []]);
  });

  it("takes all addresses of which nobody says whose they are", () => {
    const both = join([at("10.0.0.1")], [at("fd00::1")], { ipFamilies: ["IPv4", "IPv6"] });
    expect(both).toEqual([["10.0.0.1", "fd00::1"], []]);
  });
});
