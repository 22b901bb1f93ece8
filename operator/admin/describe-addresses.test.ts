import { describe, expect, it } from "vitest";
import { endpoint, range, service, serviceAddress } from "../../test/harness/fake-table.ts";
import { AddressIndex } from "../index/address-index.ts";
import { ADDRESSES_SHOWN_MAX, describeAddresses } from "./describe-addresses.ts";

const WEB = service("web");

function index(count: number): AddressIndex {
  const made = new AddressIndex();
  const addresses = [serviceAddress(1)];
  made.putPort(WEB, { addresses, protocol: "opaque", byClientNamespace: new Map() });
  const endpoints = range(count, 1).map((place) => endpoint(place));
  made.putSet(WEB, { service: WEB, source: "files", synced: true, endpoints });
  return made;
}

const shown = (answer: ReturnType<typeof describeAddresses>) =>
  answer.addresses.map(({ address, kind, protocol, state }) =>
    [address, kind, protocol, state ?? "-"].join(" "),
  );

describe("addresses for people", () => {
  it("are a service and then its endpoints", () => {
    const answer = describeAddresses(index(2), "shop", []);
    expect(shown(answer)).toEqual([
      "10.96.0.1:80 service opaque -",
      "10.0.0.1:8080 endpoint opaque ready",
      "10.0.0.2:8080 endpoint opaque ready",
    ]);
    expect(answer.total).toBe(3);
    expect(answer.addresses[1]).toMatchObject({ service: WEB, zone: "zone-a", node: "node-1" });
  });

  it("are those that were asked for", () => {
    const made = index(2);
    const asked = ["10.0.0.2:8080", "10.0.0.9:8080", "nonsense"];
    expect(shown(describeAddresses(made, null, asked))).toEqual([
      "10.0.0.2:8080 endpoint opaque ready",
    ]);
    expect(describeAddresses(made, "other", []).addresses).toEqual([]);
  });

  it("are not more than a person reads, and none is encoded for that", () => {
    const made = index(ADDRESSES_SHOWN_MAX + 5);
    const { addresses, total } = describeAddresses(made, null, []);
    expect([addresses.length, total]).toEqual([ADDRESSES_SHOWN_MAX, ADDRESSES_SHOWN_MAX + 6]);
    expect(made.publishedCount).toBe(0);
  });
});
