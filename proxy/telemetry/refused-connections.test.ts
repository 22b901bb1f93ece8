import { expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { Metrics } from "../../base/metrics.ts";
import { OpenSockets } from "../net/open-sockets.ts";
import { watchRefusedConnections } from "./refused-connections.ts";

it("counts all refusals, and tells once a minute", () => {
  const clock = new ManualClock();
  const metrics = new Metrics({ clock });
  const sockets = new OpenSockets(100);
  const told: unknown[] = [];
  const log = { ...silentLog, warn: (_: string, fields: unknown) => void told.push(fields) };
  watchRefusedConnections(sockets, { metrics, clock, log });
  for (let second = 0; second < 90; second += 1) {
    sockets.refuse();
    clock.advance(1_000);
  }
  expect(told).toHaveLength(2);
  expect(told[1]).toMatchObject({ refused: 61, connectionsMax: 75 });
  expect([...metrics.expose()].join("")).toContain("\nheddle_refused_connections_total 90\n");
});
