/**
 * A proxy as far as an operator sees it: it says hello, subscribes, and acknowledges whatever it is
 * sent. A thousand of them cost little.
 */
import WebSocket from "ws";
import { isRecord } from "../../base/shape.ts";
import {
  CONTROL_PATH,
  CONTROL_PROTOCOL,
  CONTROL_SUBPROTOCOL,
} from "../../mesh/control-messages.ts";
import { FEATURES } from "../../mesh/snapshot.ts";

/** A snapshot or a delta, as it was sent. */
export interface StubResource {
  readonly message: "snapshot" | "delta";
  readonly type: string;
  readonly key: string;
  readonly revision: string;
  readonly body: unknown;
}

export interface StubProxyOptions {
  /** `127.0.0.1:4190` */
  readonly control: string;
  readonly name: string;
  readonly namespace: string;
  /** The destinations that it subscribes to. */
  readonly keys: readonly string[];
  readonly acknowledged: (resource: StubResource) => void;
  /** Its session was closed, or the operator complained. */
  readonly failed: (why: string) => void;
}

/** More at once would be turned away. */
const ARRIVING_AT_ONCE = 64;

/** Resolves when all have been welcomed, to what ends them without a word. */
export async function openStubProxies(all: readonly StubProxyOptions[]): Promise<() => void> {
  const sockets: WebSocket[] = [];
  let next = 0;
  const go = async (): Promise<void> => {
    for (let one = all[next++]; one !== undefined; one = all[next++]) {
      sockets.push(await openStubProxy(one));
    }
  };
  await Promise.all(Array.from({ length: ARRIVING_AT_ONCE }, go));
  return () => {
    for (const socket of sockets) socket.removeAllListeners("close").terminate();
  };
}

/** Resolves when it has been welcomed. */
function openStubProxy(options: StubProxyOptions): Promise<WebSocket> {
  const { control, name, namespace, keys, acknowledged, failed } = options;
  const socket = new WebSocket(`ws://${control}${CONTROL_PATH}`, CONTROL_SUBPROTOCOL, {
    perMessageDeflate: false,
  });
  const say = (message: object): void => socket.send(JSON.stringify(message));
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("close", (code) => {
      const why = `a session was closed: ${code}`;
      failed(why);
      reject(new Error(why));
    });
    socket.on("open", () => {
      const hello = { message: "hello", protocol: CONTROL_PROTOCOL, namespace };
      say({ ...hello, proxy: { name, version: "1" }, features: FEATURES, holds: [] });
      for (const key of keys) say({ message: "subscribe", type: "destination", key, revision: "" });
    });
    socket.on("message", (data) => {
      const message: unknown = JSON.parse(String(data));
      if (!isRecord(message)) return;
      if (message.message === "welcome") resolve(socket);
      else if (message.message === "ping") say({ message: "pong" });
      else if (message.message === "error") failed(`the operator said ${JSON.stringify(message)}`);
      else if (message.message === "snapshot" || message.message === "delta") {
        const resource = {
          ...{ type: String(message.type), key: String(message.key) },
          revision: String(message.revision),
        };
        say({ message: "ack", ...resource });
        acknowledged({ message: message.message, ...resource, body: message.body });
      }
    });
  });
}
