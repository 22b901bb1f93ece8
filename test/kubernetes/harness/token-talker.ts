/**
 * Whoever holds a pod's token, with no proxy behind it: says what it likes over the control
 * connection, takes whatever is sent, and remembers all of it.
 */
import { WebSocket } from "ws";
import { isRecord } from "../../../base/shape.ts";
import { CONTROL_PROTOCOL, CONTROL_SUBPROTOCOL } from "../../../mesh/control-messages.ts";
import { FEATURES, type ResourceName } from "../../../mesh/snapshot.ts";
import { until } from "../../harness/until.ts";

/** What it says of itself. */
export interface Claim {
  readonly name: string;
  readonly namespace: string;
}

export class TokenTalker {
  /** Every message, as it came. */
  readonly heard: string[] = [];
  readonly #socket: WebSocket;

  constructor(address: string, options: { readonly token: string; readonly ca: string }) {
    const { token, ca } = options;
    this.#socket = new WebSocket(`wss://${address}/control`, CONTROL_SUBPROTOCOL, {
      ca,
      headers: { authorization: `Bearer ${token}` },
    });
    this.#socket.on("message", (data) => this.#take(String(data)));
    this.#socket.on("error", () => this.#socket.terminate());
  }

  async greet({ name, namespace }: Claim): Promise<void> {
    await until("connected", () => this.#socket.readyState === WebSocket.OPEN);
    const proxy = { name, version: "1" };
    const protocol = CONTROL_PROTOCOL;
    this.#say({ message: "hello", protocol, proxy, namespace, features: FEATURES, holds: [] });
    const what = () => `a welcome; there came ${this.heard.join("\n")}`;
    await until(what, () => this.heard.some((text) => text.includes('"welcome"')));
  }

  subscribe({ type, key }: ResourceName): void {
    this.#say({ message: "subscribe", type, key, revision: "" });
  }

  /** The body of what was sent last; undefined where nothing was, null where there is nothing. */
  body({ type, key }: ResourceName): unknown {
    const messages: unknown[] = this.heard.map((text) => JSON.parse(text));
    const sent = messages
      .filter(isRecord)
      .findLast((one) => one.message === "snapshot" && one.type === type && one.key === key);
    return sent?.body;
  }

  async untilSent(name: ResourceName): Promise<unknown> {
    const what = () => `${name.type} ${name.key} is sent; there came ${this.heard.join("\n")}`;
    await until(what, () => this.body(name) !== undefined);
    return this.body(name);
  }

  close(): void {
    this.#socket.terminate();
  }

  #take(text: string): void {
    this.heard.push(text);
    const message: unknown = JSON.parse(text);
    if (!isRecord(message) || message.message !== "snapshot") return;
    const { type, key, revision } = message;
    this.#say({ message: "ack", type, key, revision });
  }

  #say(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
