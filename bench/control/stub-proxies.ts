/**
 * Many proxies in one process of their own, as far as an operator sees them. They tell the process
 * that started them when all have acknowledged the same revision of the watched destination, and
 * when each did.
 */
import { isRecord } from "../../base/shape.ts";
import { openStubProxies, type StubResource } from "./stub-proxy.ts";

export interface StubOrder {
  /** `127.0.0.1:4190` */
  readonly control: string;
  readonly namespace: string;
  /** What each proxy subscribes to; the first of all is the one that is watched. */
  readonly keys: readonly (readonly string[])[];
}

/** All have acknowledged. Times are milliseconds since the epoch. */
export interface StubNews {
  readonly revision: string;
  readonly atMs: readonly number[];
}

const acked = new Map<string, number[]>();

process.on("disconnect", () => process.exit());
process.once("message", (message) => {
  if (!isRecord(message)) return;
  // Our own parent sends nothing else.
  const order = message as unknown as StubOrder;
  const { control, namespace, keys } = order;
  const acknowledged = (resource: StubResource): void => count(resource, order);
  const options = keys.map((its, index) => ({
    ...{ control, namespace, keys: its, name: `stub-${index + 1}` },
    ...{ acknowledged, failed: fail },
  }));
  void openStubProxies(options);
});

function count({ type, key, revision }: StubResource, { keys }: StubOrder): void {
  if (type !== "destination" || key !== keys[0]?.[0]) return;
  const times = acked.get(revision) ?? [];
  acked.set(revision, times);
  times.push(performance.timeOrigin + performance.now());
  if (times.length !== keys.length) return;
  acked.delete(revision);
  const news: StubNews = { revision, atMs: times };
  process.send?.(news);
}

function fail(why: string): never {
  console.error(`stub proxies: ${why}`);
  process.exit(1);
}
