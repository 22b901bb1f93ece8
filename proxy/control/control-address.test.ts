import { describe, expect, it } from "vitest";
import { controlUrl, parseControlAddress } from "./control-address.ts";

describe("the address of an operator", () => {
  it.each([
    ["ws://127.0.0.1:4190", "ws://127.0.0.1:4190"],
    ["ws://localhost:4190/", "ws://localhost:4190"],
    ["wss://heddle-operator.heddle.svc:4190", "wss://heddle-operator.heddle.svc:4190"],
    ["wss://[fd00::1]:4190/", "wss://[fd00::1]:4190"],
    ["ws://[::1]:1", "ws://[::1]:1"],
    ["unix:/run/heddle/operator.sock", "unix:/run/heddle/operator.sock"],
  ])("%s is taken", (text, address) => {
    expect(parseControlAddress(text)).toEqual({ address });
  });

  it.each([
    "",
    "127.0.0.1:4190",
    "http://127.0.0.1:4190",
    "wss://127.0.0.1",
    "wss://127.0.0.1:4190/control",
    "ws://127.0.0.1",
    "ws://127.0.0.1:0",
    "ws://127.0.0.1:4190/control",
    "ws://user@127.0.0.1:4190",
    "ws://127.0.0.1:4190?x",
  ])("%s is none", (text) => {
    expect(parseControlAddress(text)).toMatchObject({ problem: expect.stringContaining("ws://") });
  });

  it.each(["ws://10.0.0.1:4190", "ws://operator:4190", "ws://127.0.0.1.evil.example:4190"])(
    "%s is not on this machine",
    (text) => {
      expect(parseControlAddress(text)).toMatchObject({
        problem: expect.stringContaining("this machine"),
      });
    },
  );

  it("may be a socket in the file system, by its whole path", () => {
    expect(parseControlAddress("unix:operator.sock")).toMatchObject({
      problem: expect.stringContaining("absolute path"),
    });
  });

  it("becomes a URL", () => {
    expect(controlUrl("ws://[::1]:1", "/control")).toBe("ws://[::1]:1/control");
    expect(controlUrl("unix:/run/a.sock", "/control")).toBe("ws+unix:/run/a.sock:/control");
  });
});
