import { describe, expect, it } from "vitest";
import { parseApps } from "./parse-apps.ts";

const address = { host: "127.0.0.1", port: 3_000 };
const parse = (...services: readonly string[]) =>
  parseApps(
    services.map((service) => ({ service, address })),
    "shop",
  ).map(({ service }) => service);

describe("applications behind the inbound listener", () => {
  it("are named as callers name services", () => {
    expect(parse("web", "api.other", "db.shop.svc:5432")).toEqual([
      "svc/shop/web:80",
      "svc/other/api:80",
      "svc/shop/db:5432",
    ]);
  });

  it.each(["", "a b", "10.0.0.1", "web:99999", "a.b.c.d"])("must be services: %j", (text) => {
    expect(() => parse(text)).toThrow("no name of a service");
  });

  it("are given once", () => {
    expect(() => parse("web", "web.shop:80")).toThrow("given twice");
    expect(parse("web", "web:81")).toHaveLength(2);
  });
});
