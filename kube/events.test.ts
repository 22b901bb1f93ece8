import { afterEach, beforeEach, expect, it } from "vitest";
import { createSeededRandom } from "../base/random.ts";
import { ManualTimers } from "../base/timers.ts";
import { FakeApiServer } from "../test/harness/fake-api-server.ts";
import { EVENT_LIMITS, EventRecorder } from "./events.ts";
import { KubeClient } from "./kube-client.ts";

const EVENTS = "/apis/events.k8s.io/v1/events";

let timers: ManualTimers;
let server: FakeApiServer;
let recorder: EventRecorder;
let failures: number;

beforeEach(() => {
  timers = new ManualTimers();
  server = new FakeApiServer(timers);
  server.serve(EVENTS);
  failures = 0;
  recorder = new EventRecorder({
    client: new KubeClient({ transport: server, timers }),
    ...{ controller: "test", instance: "a", clock: timers.clock, timers },
    random: createSeededRandom(7),
    dropped: () => {},
    failed: () => {
      failures += 1;
    },
  });
});

afterEach(() => recorder.stop());

function record(name: string): void {
  const head = { apiVersion: "v1", kind: "Pod", namespace: "shop", uid: "u1" };
  recorder.record({ regarding: { ...head, name }, reason: "Wrong", action: "Read", note: "so" });
}

async function pass(durationMs: number, stepMs = 500): Promise<void> {
  for (let passedMs = 0; passedMs <= durationMs; passedMs += stepMs) {
    timers.advance(stepMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const names = () => server.objects(EVENTS).map(({ metadata }) => metadata.name);
const writes = () => server.requests.filter(({ method }) => method === "PATCH").length;

it.each([
  ["of the longest name", "x".repeat(253), /^x{236}\.[0-9a-f]{16}$/],
  [
    "whose name is cut at a point",
    `${"x".repeat(235)}.y${"z".repeat(16)}`,
    /^x{235}\.[0-9a-f]{16}$/,
  ],
  ["of an ordinary name", "web-0", /^web-0\.[0-9a-f]{16}$/],
])("the Event of an object %s has a name that one may have", async (_what, name, expected) => {
  record(name);
  await pass(1_000);
  expect(names()).toEqual([expect.stringMatching(expected)]);
  expect(names()[0]?.length).toBeLessThanOrEqual(EVENT_LIMITS.nameCharsMax);
});

it.each([400, 403, 404, 422])("one that is refused with %i is not tried again", async (answer) => {
  server.interfere = ({ path }) => (path.startsWith(EVENTS.slice(0, -7)) ? { answer } : undefined);
  record("web-0");
  await pass(300_000);
  expect([writes(), failures]).toEqual([1, 1]);
});

it("one that could not be brought is tried again", async () => {
  server.interfere = () => ({ answer: 503 });
  record("web-0");
  await pass(20_000);
  expect(writes()).toBeGreaterThan(2);
  server.interfere = () => undefined;
  await pass(60_000);
  expect(names()).toHaveLength(1);
});
