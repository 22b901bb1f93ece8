import { describe, expect, it } from "vitest";
import { parseControlAddress } from "./control-address.ts";

describe("the address of an operator", () => {
  it.each([
    ["ws://127.0.0.1:4190", "ws://127.0.0.1:4190"],
    ["ws://localhost:4190/", "ws://localhost:4190"],
    ["ws://[::1]:1", "ws://[::1]:1"],
  ])("%s is taken", (text, address) => {
    expect(parseControlAddress(text)).toEqual({ address });
  });

  it.each([
    "",
    "127.0.0.1:4190",
    "http://127.0.0.1:4190",
    "wss://127.0.0.1:4190",
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
});
