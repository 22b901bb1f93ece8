import { describe, expect, it } from "vitest";
import { formatUnixAddress, parseUnixAddress, UNIX_PATH_BYTES_MAX } from "./unix-address.ts";

describe("the address of a socket in the file system", () => {
  it("is an absolute path", () => {
    const address = parseUnixAddress("unix:/run/heddle/operator.sock");
    expect(address).toEqual({ path: "/run/heddle/operator.sock" });
    expect(formatUnixAddress({ path: "/run/a.sock" })).toBe("unix:/run/a.sock");
  });

  it("may be something else altogether", () => {
    expect(parseUnixAddress("127.0.0.1:4190")).toBeUndefined();
    expect(parseUnixAddress("/run/heddle.sock")).toBeUndefined();
  });

  it.each([
    ["unix:", "absolute path"],
    ["unix:heddle.sock", "absolute path"],
    ["unix:/run/", "absolute path"],
    ["unix:/run/a:b", "letters, digits"],
    ["unix:/run/a?b", "letters, digits"],
    ["unix:/run/a b", "letters, digits"],
    [`unix:/${"a".repeat(UNIX_PATH_BYTES_MAX)}`, "longer than"],
  ])("%s is wrong", (text, problem) => {
    expect(parseUnixAddress(text)).toContain(problem);
  });

  it("fits into the kernel's structure", () => {
    const path = `/${"a".repeat(UNIX_PATH_BYTES_MAX - 1)}`;
    expect(parseUnixAddress(`unix:${path}`)).toEqual({ path });
  });
});
