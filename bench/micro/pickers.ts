/** What each policy costs among 2 and 1,000 endpoints, plain and with a part of them evicted. */
import { createSeededRandom } from "../../base/random.ts";
import {
  BALANCER_POLICIES,
  type Balancer,
  DEFAULT_BALANCER,
  DEFAULT_BREAKER,
} from "../../mesh/backend-settings.ts";
import { createPicker } from "../../proxy/balance/create-picker.ts";
import { EndpointBalancer } from "../../proxy/balance/endpoint-balancer.ts";
import { hashBytes, mixHash } from "../../proxy/balance/hash-bytes.ts";
import { EndpointLoad } from "../../proxy/balance/peak-ewma.ts";
import { sampleEndpoint } from "../../proxy/balance/sample-endpoint.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const ZONES = ["a", "b", "c"];

function endpoints(count: number) {
  return Array.from({ length: count }, (_, index) =>
    sampleEndpoint(`10.0.0.1:${index}`, { zone: ZONES[index % 3] ?? "" }),
  );
}

function pickSubject(
  policy: Balancer["policy"],
  count: number,
  zone: Balancer["zone"] = "any",
): Subject {
  const group = { pending: 0 };
  const loads = endpoints(count).map(
    (endpoint) => new EndpointLoad(endpoint, DEFAULT_BALANCER, 0, group),
  );
  const picker = createPicker(loads, { policy, zone }, { ownZone: "a" }, createSeededRandom(1));
  const run = (times: number): number => {
    let total = 0;
    for (let each = 0; each < times; each++) {
      total += picker.pick(each * 0.01, null, mixHash(each))?.position ?? 0;
    }
    return total;
  };
  const suffix = zone === "any" ? "" : ", own zone first";
  return { name: `${policy} among ${count}${suffix}`, run };
}

/** A whole turn with everything on: pick, start, finish, tell the breaker. */
function turnSubject(count: number, failing: number): Subject {
  const options = { ...DEFAULT_BALANCER, slowStartMs: 10_000 };
  const breaker = { ...DEFAULT_BREAKER, successRateMin: 0.8 };
  const balancer = new EndpointBalancer(options, createSeededRandom(1), {
    ownZone: "",
    breaker,
    events: null,
  });
  balancer.update(endpoints(count), 0);
  const eviction = balancer.eviction;
  for (const load of [...balancer.loads].slice(0, failing)) {
    for (let each = 0; each < 10; each++) eviction?.failed(load, 0);
  }
  const run = (times: number): number => {
    let total = 0;
    for (let each = 0; each < times; each++) {
      const nowMs = each * 0.01;
      const load = balancer.picker.pick(nowMs, null);
      if (load === null) continue;
      load.start();
      total += load.pending;
      load.finish(nowMs, 1 + (each & 15) * 0.1, false);
      eviction?.succeeded(load, nowMs);
    }
    return total;
  };
  return { name: `a turn with the breaker among ${count}, ${failing} out`, run };
}

/** Evicting and taking back, whoever it is. */
function evictSubject(count: number): Subject {
  const balancer = new EndpointBalancer(DEFAULT_BALANCER, createSeededRandom(1), {
    ownZone: "",
    breaker: { ...DEFAULT_BREAKER, consecutiveFailures: 1 },
    events: null,
  });
  balancer.update(endpoints(count), 0);
  const { eviction } = balancer;
  const loads = [...balancer.loads];
  let nowMs = 0;
  const run = (times: number): number => {
    for (let each = 0; each < times; each++) {
      const load = loads[each % count];
      if (load === undefined) continue;
      eviction?.failed(load, nowMs);
      nowMs += 100_000;
      const probe = eviction?.takeProbe(nowMs);
      if (probe !== null && probe !== undefined) eviction?.probeSucceeded(probe, nowMs);
    }
    return eviction?.evictedCount ?? Number.NaN;
  };
  return { name: `evict, probe and take back among ${count}`, run };
}

function updateSubject(policy: Balancer["policy"]): Subject {
  const balancer = new EndpointBalancer({ ...DEFAULT_BALANCER, policy }, createSeededRandom(1));
  const list = endpoints(1000);
  const run = (times: number): number => {
    for (let each = 0; each < times; each++) balancer.update(list, each);
    return balancer.picker.size;
  };
  return { name: `a new list of 1000, ${policy}`, run };
}

const KEY = new TextEncoder().encode("session-0123456789abcdef");

runMicroBench([
  ...BALANCER_POLICIES.flatMap((policy) => [pickSubject(policy, 2), pickSubject(policy, 1000)]),
  pickSubject("peak-ewma", 6, "prefer"),
  pickSubject("peak-ewma", 1000, "prefer"),
  turnSubject(2, 0),
  turnSubject(1000, 0),
  turnSubject(1000, 400),
  evictSubject(2),
  evictSubject(1000),
  updateSubject("peak-ewma"),
  updateSubject("consistent-hash"),
  {
    name: "hash a key of 24 bytes",
    run: (times) => {
      let total = 0;
      for (let each = 0; each < times; each++) total += hashBytes(KEY, 0, KEY.length, each);
      return total;
    },
  },
]);
