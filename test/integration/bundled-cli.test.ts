/** The command line as it is shipped: packages that it loads when it needs them must be there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../tools/bundle-programs.ts";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "bundled-"));
  writeFileSync(join(folder, "kubeconfig"), KUBECONFIG);
  await bundle("heddle", { folder });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROTO = 'syntax = "proto3"; package a; service S { rpc M (A) returns (B); }';
const KUBECONFIG = JSON.stringify({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "c",
  clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
  users: [],
  contexts: [{ name: "c", context: { cluster: "c", user: "" } }],
});

/** `FILE` stands for a kubeconfig. */
const fileIn = (word: string): string => (word === "FILE" ? join(folder, "kubeconfig") : word);

describe("the bundled command line", () => {
  it.each([
    ["version --client -o yaml", "", "versions:\n  - program: client\n"],
    ["install --values -", "ha: true\n", "kind: PodDisruptionBudget\n"],
    ["profile s --proto -", PROTO, "path: /a.S/M\n"],
    ["profile s --open-api -", "openapi: 3.0.0\npaths: { /a: { get: {} } }\n", "path: /a\n"],
    ["check --pre --kubeconfig FILE -o json", "", "127.0.0.1:1 cannot be reached"],
  ])("runs heddle %s", (line, input, wanted) => {
    const command = [join(folder, "heddle.js"), ...line.split(" ").map(fileIn)];
    const { stdout, stderr } = spawnSync(process.execPath, command, { input, encoding: "utf8" });
    expect([stdout, stderr]).toEqual([expect.stringContaining(wanted), ""]);
  });
});
