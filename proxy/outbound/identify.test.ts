import { describe, expect, it } from "vitest";
import { sampleRequest } from "../exchange/sample-exchange.ts";
import { AUTHORITIES_MAX, Identifier } from "./identify.ts";

const CONTEXT = { namespace: "shop", clusterDomain: "cluster.local", defaultPort: 80 };
const named = (host: string) => sampleRequest(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);

describe("the service that a caller means", () => {
  it("is read from Host", () => {
    const identifier = new Identifier(CONTEXT);
    const { text, authority } = identifier.identify(named("web.other:8080"));
    expect(text).toBe("web.other:8080");
    expect(authority?.candidates).toEqual(["svc/other/web:8080"]);
  });

  it("is read from the target where that names one", () => {
    const identifier = new Identifier(CONTEXT);
    const head = sampleRequest("GET http://api/x HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(identifier.identify(head).authority?.candidates).toEqual(["svc/shop/api:80"]);
    const tunnel = sampleRequest("CONNECT api:81 HTTP/1.1\r\nHost: web\r\n\r\n");
    expect(identifier.identify(tunnel).authority?.candidates).toEqual(["svc/shop/api:81"]);
  });

  it("is remembered: the same name gives the same object", () => {
    const identifier = new Identifier(CONTEXT);
    const first = identifier.identify(named("web"));
    expect(identifier.identify(named("web"))).toBe(first);
    expect(identifier.identify(named("api"))).not.toBe(first);
    expect(identifier.identify(named("web"))).toBe(first);
  });

  it("is worked out anew when names mean something else", () => {
    const identifier = new Identifier(CONTEXT);
    identifier.identify(named("web.shop.svc.c.local"));
    identifier.use({ ...CONTEXT, clusterDomain: "c.local" });
    const { authority } = identifier.identify(named("web.shop.svc.c.local"));
    expect(authority?.candidates).toEqual(["svc/shop/web:80"]);
  });

  it("is nobody for an address, and nothing for what is no authority", () => {
    const identifier = new Identifier(CONTEXT);
    expect(identifier.identify(named("10.0.0.1:80")).authority?.candidates).toEqual([]);
    const none = sampleRequest("GET / HTTP/1.0\r\n\r\n");
    expect(identifier.identify(none).authority).toBeUndefined();
  });

  it("is forgotten in time, and long names are never remembered", () => {
    const identifier = new Identifier(CONTEXT);
    const first = identifier.identify(named("web"));
    for (let index = 0; index <= AUTHORITIES_MAX; index += 1) {
      identifier.identify(named(`n${index}`));
    }
    expect(identifier.identify(named("web"))).not.toBe(first);
    const long = named(`${"a".repeat(60)}.`.repeat(5));
    const once = identifier.identify(long);
    identifier.identify(named("web"));
    expect(identifier.identify(long)).not.toBe(once);
  });
});
