import { describe, expect, it } from "vitest";
import { parseAuthority } from "./authority.ts";

const CONTEXT = { namespace: "shop", clusterDomain: "corp.example", defaultPort: 80 };

describe("an authority", () => {
  it.each([
    ["web", "svc/shop/web:80"],
    ["Web.", "svc/shop/web:80"],
    ["web:8080", "svc/shop/web:8080"],
    ["web.bank", "svc/bank/web:80"],
    ["web.bank.svc:1", "svc/bank/web:1"],
    ["web.bank.svc.corp.example.", "svc/bank/web:80"],
    ["1web", "svc/shop/1web:80"],
    ["1web.2bank", "svc/2bank/1web:80"],
    ["0x7f", "svc/shop/0x7f:80"],
    ["123.shop.svc", "svc/shop/123:80"],
    ["10.1.svc.corp.example:443", "svc/1/10:443"],
  ])("%s names %s", (text, key) => {
    expect(parseAuthority(text, CONTEXT)?.candidates).toEqual([key]);
  });

  it.each([
    "10.0.0.1",
    "10.0.0.1:80",
    "10.1",
    "2130706433",
    "[::1]",
    "[fd00::1]:80",
    "www.example.com",
    "-web",
    "web_1",
    "web.bank.svc.cluster.local",
  ])("%s names no service", (text) => {
    expect(parseAuthority(text, CONTEXT)).toMatchObject({ candidates: [] });
  });

  it.each(["", ":80", "web:0", "web:65536", "web:http", "a b", "user@web", "[::1", "::1"])(
    "is not what %j is",
    (text) => {
      expect(parseAuthority(text, CONTEXT)).toBeUndefined();
    },
  );
});
