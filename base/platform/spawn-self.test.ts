import { afterEach, expect, it } from "vitest";
import { spawnSelf } from "./spawn-self.ts";

const { execPath } = process;
afterEach(() => {
  process.execPath = execPath;
});

it("says why there is no process", async () => {
  process.execPath = "/nowhere/node";
  const started = spawnSelf({ env: {}, sockets: [], said: () => {}, ended: () => {} });
  await expect(started).rejects.toThrow("spawn /nowhere/node ENOENT");
});
