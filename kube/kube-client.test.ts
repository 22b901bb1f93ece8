import { expect, it } from "vitest";
import { ManualTimers } from "../base/timers.ts";
import { KUBE_LIMITS, KubeClient } from "./kube-client.ts";
import type { Transport } from "./transport.ts";

/** A server that takes every request and says nothing, ever. */
const SILENT: Transport = {
  send: ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    }),
  close: () => {},
};

const NODES = { group: "", version: "v1", kind: "Node", plural: "nodes" };
const FOREVER = new AbortController().signal;

interface Asked {
  readonly failure: () => string;
  readonly advance: (ms: number) => Promise<void>;
}

function ask(request: (client: KubeClient) => Promise<unknown>, readSilenceMs?: number): Asked {
  const timers = new ManualTimers();
  const chosen = readSilenceMs === undefined ? {} : { readSilenceMs };
  let failure = "";
  request(new KubeClient({ transport: SILENT, timers, ...chosen })).catch((error: unknown) => {
    failure = String(error);
  });
  const advance = async (ms: number): Promise<void> => {
    timers.advance(ms);
    // What was rejected is known in the next turn.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { failure: () => failure, advance };
}

const READS: [string, (client: KubeClient) => Promise<unknown>][] = [
  ["a list", (client) => client.list(NODES, {}, FOREVER)],
  ["one object", (client) => client.get("/api/v1/nodes/a", FOREVER)],
];

it.each(READS)("%s is waited for only as long as was asked for", async (_name, read) => {
  const { failure, advance } = ask(read, 10_000);
  await advance(9_999);
  expect(failure()).toBe("");
  await advance(1);
  expect(failure()).toContain("the API server said nothing for 10 s");
});

it("gives writes the time that the server's webhooks may take", async () => {
  const write = (client: KubeClient) => client.apply("/api/v1/nodes/a", {}, "test", FOREVER);
  const { failure, advance } = ask(write, 10_000);
  await advance(KUBE_LIMITS.requestSilenceMs - 1);
  expect(failure()).toBe("");
  await advance(1);
  expect(failure()).toContain("the API server said nothing for 30 s");
});

it("waits longer where nobody sits before it", async () => {
  const { failure, advance } = ask((client) => client.list(NODES, {}, FOREVER));
  await advance(KUBE_LIMITS.requestSilenceMs - 1);
  expect(failure()).toBe("");
});
