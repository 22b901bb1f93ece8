import { expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { UNREACHED_MAX, UnreachedApps } from "./unreached-apps.ts";

function scene() {
  const clock = new ManualClock();
  const told: unknown[] = [];
  const log = { ...silentLog, info: (_: string, fields: unknown) => void told.push(fields) };
  return { clock, told, apps: new UnreachedApps(clock, log) };
}

const at = (port: number) => ({ host: "10.0.0.5", port });

it("are told of once a minute, and until they are reached", () => {
  const { clock, told, apps } = scene();
  for (let second = 0; second < 90; second += 1) {
    apps.failed(at(8081), "refused");
    clock.advance(1_000);
  }
  expect(told).toHaveLength(2);
  expect(told[0]).toMatchObject({ problem: "refused" });
  const known = { address: "10.0.0.5:8081", problem: "refused", connections: 90 };
  expect(apps.describe()).toEqual([known]);
  apps.reached(at(8082));
  expect(apps.describe()).toEqual([known]);
  apps.reached(at(8081));
  expect(apps.describe()).toEqual([]);
});

it("are bounded, and the first is forgotten first", () => {
  const { apps } = scene();
  for (let port = 1; port <= UNREACHED_MAX + 3; port += 1) apps.failed(at(port), "refused");
  expect(apps.describe()).toHaveLength(UNREACHED_MAX);
  expect(apps.describe()[0]?.address).toBe("10.0.0.5:4");
});
