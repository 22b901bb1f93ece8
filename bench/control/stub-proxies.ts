/**
 * Many proxies in one process of their own, as far as an operator sees them: they say hello,
 * subscribe, and acknowledge what they are sent. They tell the process that started them when all
 * have acknowledged the same revision of the watched destination, and when each did.
 */
import WebSocket from "ws";
import { isRecord } from "../../base/shape.ts";
import {
  CONTROL_PATH,
  CONTROL_PROTOCOL,
  CONTROL_SUBPROTOCOL,
} from "../../mesh/control-messages.ts";
import { FEATURES } from "../../mesh/snapshot.ts";

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

/** More at once would be turned away. */
const ARRIVING_AT_ONCE = 64;

const acked = new Map<string, number[]>();
let order: StubOrder | undefined;
const sockets: WebSocket[] = [];

process.on("disconnect", () => process.exit());
process.once("message", (message) => {
  if (!isRecord(message)) return;
  // Our own parent sends nothing else.
  order = message as unknown as StubOrder;
  void arrive(order);
});

async function arrive({ control, namespace, keys }: StubOrder): Promise<void> {
  let next = 0;
  const go = async (): Promise<void> => {
    while (next < keys.length) await open(control, namespace, keys[next++] ?? []);
  };
  await Promise.all(Array.from({ length: ARRIVING_AT_ONCE }, go));
}

/** Resolves when it has been welcomed. */
function open(control: string, namespace: string, keys: readonly string[]): Promise<void> {
  const socket = new WebSocket(`ws://${control}${CONTROL_PATH}`, CONTROL_SUBPROTOCOL, {
    perMessageDeflate: false,
  });
  sockets.push(socket);
  const say = (message: object): void => socket.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code) => fail(`a session was closed: ${code}`));
    socket.on("open", () => {
      const proxy = { name: `stub-${sockets.length}`, version: "1" };
      const hello = { message: "hello", protocol: CONTROL_PROTOCOL, proxy, namespace };
      say({ ...hello, features: FEATURES, holds: [] });
      for (const key of keys) say({ message: "subscribe", type: "destination", key, revision: "" });
    });
    socket.on("message", (data) => {
      const message: unknown = JSON.parse(String(data));
      if (!isRecord(message)) return;
      if (message.message === "welcome") resolve();
      else if (message.message === "ping") say({ message: "pong" });
      else if (message.message === "snapshot" || message.message === "delta") {
        const { type, key, revision } = message;
        say({ message: "ack", type, key, revision });
        if (type === "destination" && key === order?.keys[0]?.[0]) count(String(revision));
      } else if (message.message === "error") fail(`the operator said ${JSON.stringify(message)}`);
    });
  });
}

function count(revision: string): void {
  const times = acked.get(revision) ?? [];
  acked.set(revision, times);
  times.push(performance.timeOrigin + performance.now());
  if (times.length !== order?.keys.length) return;
  acked.delete(revision);
  const news: StubNews = { revision, atMs: times };
  process.send?.(news);
}

function fail(why: string): never {
  console.error(`stub proxies: ${why}`);
  process.exit(1);
}
