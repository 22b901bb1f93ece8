import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ManualClock } from "../base/clock.ts";
import { inClusterCredentials } from "./in-cluster.ts";

const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "6443" };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-account-"));
  writeFileSync(join(folder, "token"), "first\n");
  writeFileSync(join(folder, "ca.crt"), "PEM");
});

afterEach(() => rmSync(folder, { recursive: true }));

it("are those that Kubernetes gives to a pod, and none elsewhere", async () => {
  const clock = new ManualClock();
  expect(inClusterCredentials({ env: {}, clock, folder })).toBe(undefined);
  expect(await inClusterCredentials({ env, clock, folder })?.(false)).toEqual({
    server: "https://[fd00::1]:6443",
    tls: { ca: "PEM", verify: true },
    headers: { authorization: "Bearer first" },
  });
});

it("are read again after a minute, and when they were refused", async () => {
  const clock = new ManualClock();
  const read = inClusterCredentials({ env, clock, folder });
  const token = async (renew: boolean) => (await read?.(renew))?.headers.authorization;
  expect(await token(false)).toBe("Bearer first");
  writeFileSync(join(folder, "token"), "second");
  expect(await token(false)).toBe("Bearer first");
  expect(await token(true)).toBe("Bearer second");
  writeFileSync(join(folder, "token"), "third");
  clock.advance(60_000);
  expect(await token(false)).toBe("Bearer third");
});

it("fail while a file is missing, and not afterwards", async () => {
  const read = inClusterCredentials({ env, clock: new ManualClock(), folder });
  rmSync(join(folder, "token"));
  await expect(read?.(false)).rejects.toThrow(/token cannot be read: it is not there/);
  writeFileSync(join(folder, "token"), "late");
  expect((await read?.(false))?.headers.authorization).toBe("Bearer late");
});
