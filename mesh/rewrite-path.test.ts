import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PathRewrite } from "./rewrite-path.ts";

function rewrite(matchedPrefix: string, pathPrefix: string): PathRewrite {
  return new PathRewrite({ path: "", pathPrefix, matchedPrefix });
}

describe("another prefix", () => {
  it.each([
    ["/api", "/v2", "/api/users", "/v2/users"],
    ["/api", "/v2", "/api", "/v2"],
    ["/api/", "/v2", "/api/users", "/v2/users"],
    ["/api", "/v2/", "/api/users", "/v2/users"],
    ["/api/", "/v2/", "/api/", "/v2/"],
    ["/api", "/", "/api/users", "/users"],
    ["/api", "/", "/api", "/"],
    ["/", "/v2", "/users", "/v2/users"],
    ["/", "/v2", "/", "/v2"],
    ["/api", "v2", "/api/a", "/v2/a"],
    ["/api", "/v2", "/other", "/other"],
    ["/api", "/v2/", "/apix", "/v2/x"],
    ["/api", "/v2", "/apix", "/v2x"],
    ["/ü", "/u", "/\xc3\xbc/a", "/u/a"],
  ])("%s by %s makes of %s %s", (matched, prefix, path, wanted) => {
    expect(rewrite(matched, prefix).of(path)).toBe(wanted);
  });

  it("changes nothing that it does not match, and never makes a path without a slash", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (matched, prefix, rest) => {
        const changed = rewrite(`/${matched}`, `/${prefix}`).of(`/${rest}`);
        expect(changed.startsWith("/")).toBe(true);
      }),
    );
  });
});

describe("another path", () => {
  it("takes the place of all of it, and goes before a prefix", () => {
    const edit = new PathRewrite({ path: "/new", pathPrefix: "/v2", matchedPrefix: "/" });
    expect(edit.of("/old/thing")).toBe("/new");
  });

  it("cannot break the request line", () => {
    const edit = new PathRewrite({ path: "/a b?c\r\n#ü%20", pathPrefix: "", matchedPrefix: "" });
    expect(edit.of("/")).toBe("/a%20b%3fc%0d%0a%23%c3%bc%20");
  });

  it("is nothing when nothing is said", () => {
    expect(rewrite("/api", "").isEmpty).toBe(true);
    expect(rewrite("/api", "").of("/api/x")).toBe("/api/x");
  });
});
