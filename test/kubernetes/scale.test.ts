/**
 * A cluster of some size on a real API server, and a thousand proxies at one operator: that each of
 * them gets all that it uses, and nothing else. How long it takes is measured in bench/control.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { fillCluster, namespaceOf, slicePath } from "../../bench/control/cluster.ts";
import {
  applySplit,
  CHANGES,
  keyOf,
  keysOfProxies,
  OTHER_BACKEND,
  splitWeights,
  startOperator,
  WATCHED,
  WATCHED_SPLIT,
} from "../../bench/control/measure-changes.ts";
import { openStubProxies, type StubResource } from "../../bench/control/stub-proxy.ts";
import { validateDestination, validateEndpointSet } from "../../mesh/control-messages.gen.ts";
import { firstProblem } from "../../mesh/first-problem.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import type { OperatorProcess } from "./harness/operator-process.ts";

/** Some five times what it takes on two cores that have nothing else to do. */
const PATIENCE_MS = 300_000;
const CHANGE_COUNT = 3;
/** Its proxies are few. */
const SPARSE = 7;
const UNUSED_ADDRESS = "10.99.0.1";

interface Listener {
  readonly keys: readonly string[];
  /** What it acknowledged, in order. */
  readonly heard: StubResource[];
}

describe.skipIf(whyNoApiServer())("an operator with a thousand proxies", () => {
  const listeners: readonly Listener[] = keysOfProxies().map((keys) => ({ keys, heard: [] }));
  const failures: string[] = [];
  let api: OwnApiServer;
  let operator: OperatorProcess;
  /** What ends that which runs, in the order in which it was started. */
  const closers: (() => unknown)[] = [];
  let changed = 0;

  beforeAll(async () => {
    api = await useOwnApiServer();
    closers.push(() => api.close());
    await api.installCrds();
    await fillCluster(api, CHANGES);
    operator = await startOperator(api);
    closers.push(() => operator.stop());
    const { control } = operator;
    const namespace = namespaceOf(WATCHED, CHANGES);
    const closeProxies = await openStubProxies(
      listeners.map(({ keys, heard }, index) => ({
        ...{ control, namespace, keys, name: `stub-${index}` },
        acknowledged: (resource) => void heard.push(resource),
        failed: (why) => void failures.push(why),
      })),
    );
    closers.push(closeProxies);
  }, PATIENCE_MS);

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** Names how many are not so. */
  async function untilAll(
    what: string,
    those: readonly Listener[],
    isSo: (one: Listener) => boolean,
  ): Promise<void> {
    let left = those;
    const describeLeft = () =>
      `${what}: not so at ${left.length}; ${failures.slice(0, 3)}\n${operator.log}`;
    const isSoAtAll = () => {
      left = left.filter((one) => !isSo(one));
      return left.length === 0;
    };
    await until(describeLeft, isSoAtAll, SLOW_POLL_MS);
  }

  /** Changes the split, until all have acknowledged it. */
  async function change(): Promise<void> {
    changed++;
    await applySplit(api, changed);
    const wanted = share(changed);
    const hasIt = ({ heard }: Listener) => sharesIn(heard).at(-1) === wanted;
    await untilAll(`change ${changed} is acknowledged`, listeners, hasIt);
  }

  async function moveEndpoint(service: number, address: string): Promise<void> {
    const value = [address];
    const patch = [{ op: "replace", path: "/endpoints/0/addresses", value }];
    await api.client.patch(slicePath(service, CHANGES), patch, api.signal);
  }

  async function status(): Promise<unknown> {
    const object = await api.client.get(WATCHED_SPLIT, api.signal);
    if (!isRecord(object) || !isRecord(object.metadata) || !isRecord(object.status)) return null;
    const { proxies, observedGeneration } = object.status;
    return { proxies, isNewest: observedGeneration === object.metadata.generation };
  }

  /** None left, and none came in the place of another. */
  async function expectNoneLost(): Promise<void> {
    expect(failures).toEqual([]);
    const sessions = /^heddle_operator_sessions (\d+)$/m.exec(await operator.text("/metrics"));
    expect(Number(sessions?.[1])).toBe(CHANGES.proxyCount);
  }

  it("sends each what it uses, and its endpoints", { timeout: PATIENCE_MS }, async () => {
    await untilAll("each has what it uses", listeners, ({ keys, heard }) =>
      keys.every((key) => endpointsOf(heard, key).length === CHANGES.endpointsPerService),
    );
    for (const { keys, heard } of listeners) {
      expect(keysOf(heard, "destination")).toEqual([...keys].sort());
      expect(keysOf(heard, "endpoints")).toEqual([...keys].sort());
    }
    await expectNoneLost();
  });

  it("has each change acknowledged by all, and counts them", { timeout: PATIENCE_MS }, async () => {
    const before = listeners.map(({ heard }) => heard.length);
    const expected: string[] = [];
    for (let count = 0; count < CHANGE_COUNT; count++) {
      await change();
      expected.push(share(changed));
    }
    const told = listeners.map(({ heard }, index) => sharesIn(heard.slice(before[index])));
    expect(told).toEqual(listeners.map(() => expected));
    let last: unknown;
    await until(
      () => `status counts them: ${JSON.stringify(last)}\n${operator.log}`,
      async () => {
        last = await status();
        return JSON.stringify(last) === JSON.stringify({ proxies: "1000/1000", isNewest: true });
      },
      SLOW_POLL_MS,
    );
    await expectNoneLost();
  });

  it("tells of endpoints those who use them", { timeout: PATIENCE_MS }, async () => {
    // All use its other backend from now on.
    await change();
    const users = listeners.filter(({ keys }) => keys.includes(keyOf(SPARSE)));
    expect(users.length).toBeGreaterThan(1);
    expect(users.length).toBeLessThan(20);
    const before = listeners.map(({ heard }) => heard.length);
    const moved = (service: number) => (one: Listener) =>
      endpointsOf(one.heard, keyOf(service)).includes(UNUSED_ADDRESS);
    await moveEndpoint(SPARSE, UNUSED_ADDRESS);
    await untilAll("its users know the endpoint", users, moved(SPARSE));
    await moveEndpoint(OTHER_BACKEND, UNUSED_ADDRESS);
    await untilAll("all know that of the backend", listeners, moved(OTHER_BACKEND));
    // What was on its way to others before this one is there by then.
    await change();
    for (const [index, one] of listeners.entries()) {
      const told = one.heard.slice(before[index]).map(({ type, key }) => `${type} ${key}`);
      expect(told).toEqual([
        ...(users.includes(one) ? [`endpoints ${keyOf(SPARSE)}`] : []),
        `endpoints ${keyOf(OTHER_BACKEND)}`,
        `destination ${keyOf(WATCHED)}`,
      ]);
    }
    await expectNoneLost();
  });
});

/** How much of the watched service's traffic goes to itself for each request to the other. */
function share(change: number): string {
  const [watched, other] = splitWeights(change);
  return String(watched / other);
}

/** The same, as each destination said that was acknowledged. */
function sharesIn(heard: readonly StubResource[]): readonly string[] {
  return heard.filter(isWatched).map(({ body }) => {
    const read = firstProblem(body, validateDestination);
    if ("problem" in read) throw new Error(read.problem);
    const backends = read.body.rules.at(-1)?.action.backends ?? [];
    const weights = new Map<string, number>(
      backends.map(({ service, weight }) => [service, weight]),
    );
    const watched = weights.get(keyOf(WATCHED));
    const other = weights.get(keyOf(OTHER_BACKEND));
    if (weights.size !== 2 || watched === undefined || other === undefined) return "not split";
    return String(watched / other);
  });
}

function isWatched({ type, key }: StubResource): boolean {
  return type === "destination" && key === keyOf(WATCHED);
}

/** The addresses of the set that it was told of last. */
function endpointsOf(heard: readonly StubResource[], key: string): readonly string[] {
  const last = heard.findLast((one) => one.type === "endpoints" && one.key === key);
  if (last === undefined) return [];
  const read = firstProblem(last.body, validateEndpointSet);
  if ("problem" in read) throw new Error(read.problem);
  return read.body.endpoints.map(({ address }) => address);
}

function keysOf(heard: readonly StubResource[], type: string): readonly string[] {
  return heard.flatMap((one) => (one.type === type ? [one.key] : [])).sort();
}
