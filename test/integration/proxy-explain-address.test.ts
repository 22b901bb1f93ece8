/** What the running proxy tells of addresses: on its pages, and in its figures. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addressKey } from "../../mesh/address-key.ts";
import type { Explanation } from "../../mesh/explain.ts";
import { endpoint, serviceAddress, serviceBinding } from "../harness/fake-table.ts";
import { ProxyScene, page, sample } from "../harness/proxy-scene.ts";
import type { RunningProxy } from "../harness/running-proxy.ts";

let scene: ProxyScene;
let proxy: RunningProxy;

beforeEach(async () => {
  scene = new ProxyScene();
  proxy = await scene.proxy();
  proxy.serve("web", [(await scene.echo()).port]);
  proxy.table.put("address", serviceAddress(1), serviceBinding("web"), ["addresses"]);
  const db = { ...serviceBinding("web", "opaque") };
  proxy.table.put("address", serviceAddress(2), db, ["addresses"]);
  const pod = addressKey("10.0.0.1", 8080) ?? "";
  const chosen = { ...serviceBinding("web"), kind: "endpoint", endpoint: endpoint(1) } as const;
  proxy.table.put("address", pod, chosen, ["addresses"]);
});

afterEach(() => scene.end());

const explain = async (query: string): Promise<Explanation> =>
  JSON.parse(await page(proxy, `/explain?${query}`));

describe("the explanation of an address", () => {
  it("takes requests to the service there, whatever they call it", async () => {
    const found = await explain("address=10.96.0.1:80&method=GET&url=http://other.example/x");
    expect(found).toMatchObject({
      request: { method: "GET", authority: "other.example", path: "/x" },
      address: {
        address: "10.96.0.1:80",
        state: "service",
        service: "svc/shop/web:80",
        protocol: "detect",
        endpoint: null,
        problem: "",
      },
      namesTried: ["svc/shop/web:80"],
      service: "svc/shop/web:80",
      rules: [{ matched: true }],
    });
    expect(found.policy).not.toBeNull();
    expect(found.split?.backends[0]?.endpoints).toHaveLength(1);
  });

  it("takes connections by the rule that asks for nothing", async () => {
    const found = await explain("address=10.96.0.1:80");
    expect(found.request).toEqual({ method: "", authority: "10.96.0.1:80", path: "" });
    expect(found.rules).toMatchObject([{ matched: true }]);
    expect(found.split?.backends).toHaveLength(1);
    expect(found.policy).toBeNull();
  });

  it("looks at no request where bytes are carried as they are", async () => {
    const found = await explain("address=10.96.0.2:80&method=GET&url=http://web/x");
    expect(found.address?.protocol).toBe("opaque");
    expect(found.request.method).toBe("");
    expect(found.policy).toBeNull();
  });

  it("leaves an endpoint to who has chosen it", async () => {
    const found = await explain("address=10.0.0.1:8080&method=GET&url=http://web/x");
    expect(found.address).toMatchObject({
      state: "endpoint",
      endpoint: { id: endpoint(1).id, state: "ready" },
    });
    expect(found).toMatchObject({ service: "svc/shop/web:80", destination: null, split: null });
  });

  it("knows what is none of the mesh's, and what cannot be", async () => {
    const elsewhere = await explain("address=192.0.2.7:443");
    expect(elsewhere).toMatchObject({ address: { state: "unknown" }, service: null, rules: [] });
    const local = await explain("address=%5Bfe80::1%25eth0%5D:80");
    expect(local.address).toMatchObject({ address: "[fe80::1%eth0]:80", state: "unknown" });
  });

  it("says what is wrong with a question", async () => {
    for (const query of ["address=10.96.0.1", "address=&url=http://web/", "address=a:99999"]) {
      expect(await page(proxy, `/explain?${query}`)).toContain("say what: /explain?");
    }
  });
});

describe("addresses that are followed", () => {
  it("stand in /config and are counted by what stands there", async () => {
    for (const address of ["10.96.0.1:80", "10.96.0.2:80", "10.0.0.1:8080", "192.0.2.7:443"]) {
      await explain(`address=${address}`);
    }
    const { addresses } = JSON.parse(await page(proxy, "/config"));
    expect(addresses).toMatchObject([
      { address: "10.96.0.1:80", state: "service", service: "svc/shop/web:80", protocol: "detect" },
      { address: "10.96.0.2:80", state: "service", protocol: "opaque", endpoint: null },
      { address: "10.0.0.1:8080", state: "endpoint", endpointState: "ready" },
      { address: "192.0.2.7:443", state: "unknown", service: null, revision: "absent" },
    ]);
    const metrics = await page(proxy, "/metrics");
    const count = (state: string) => sample(metrics, "heddle_addresses", `state="${state}"`);
    expect(["service", "endpoint", "unknown", "pending"].map(count)).toEqual([2, 1, 1, 0]);
  });
});
