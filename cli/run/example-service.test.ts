import { describe, expect, it } from "vitest";
import type { ServiceEntry } from "../../mesh/operator-api.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import { exampleService } from "./example-service.ts";

/** `namespace/name:port`, its ready endpoints, and the names of its backends in that namespace. */
function entry(place: string, endpointsReady: number, backends: readonly string[]): ServiceEntry {
  const [, namespace = "", name = "", port = ""] = /^(.*)\/(.*):(.*)$/.exec(place) ?? [];
  const keyOf = (of: string) =>
    formatServiceKey({ scheme: "svc", namespace, name: of, port: Number(port) });
  return {
    namespace,
    name,
    createdAt: "",
    ports: [
      {
        key: keyOf(name),
        port: Number(port),
        name: "http",
        endpointsReady,
        endpointsTotal: endpointsReady,
        routes: [],
        backends: backends.map((backend) => ({ service: keyOf(backend), weight: 1 })),
        revision: "",
      },
    ],
  };
}

describe("exampleService", () => {
  it("prefers what is split, though it has no endpoints of its own", () => {
    const services = [
      entry("default/api:80", 1, ["api"]),
      entry("default/web:80", 0, ["web-v1", "web-v2"]),
      entry("default/web-v1:80", 1, ["web-v1"]),
    ];
    expect(exampleService(services, "default")).toBe("web");
  });

  it("prefers the caller's namespace, and names others in full", () => {
    const services = [
      entry("shop/web:80", 0, ["web-v1"]),
      entry("shop/web-v1:80", 1, ["web-v1"]),
      entry("team/api:80", 1, ["api"]),
    ];
    expect(exampleService(services, "team")).toBe("api");
    expect(exampleService(services, "default")).toBe("web.shop");
  });

  it("leaves out what no request would reach", () => {
    const services = [entry("default/a:80", 0, ["gone"]), entry("default/b:8080", 2, ["b"])];
    expect(exampleService(services, "default")).toBe("b:8080");
    expect(exampleService([entry("default/a:80", 0, ["a"])], "default")).toBeUndefined();
  });
});
