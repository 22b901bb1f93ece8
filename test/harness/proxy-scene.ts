/**
 * What most tests of the proxy begin with: one or more running proxies, callers and servers, all
 * closed at the end in the opposite order.
 */
import type { Socket } from "node:net";
import { httpOrigin, type Origin, rawOrigin } from "./origins.ts";
import { RawClient } from "./raw-client.ts";
import { RunningProxy, type RunningProxyOptions } from "./running-proxy.ts";

/** Every HTTP/1 head ends so. */
export const HEAD_END = "\r\n\r\n";

export class ProxyScene {
  readonly #toClose: (() => unknown)[] = [];

  /** Closes all that was made here. */
  async end(): Promise<void> {
    for (const close of this.#toClose.splice(0).reverse()) await close();
  }

  closing<T extends { close(): unknown }>(made: T): T {
    this.#toClose.push(() => made.close());
    return made;
  }

  async proxy(options: RunningProxyOptions = {}): Promise<RunningProxy> {
    const proxy = await RunningProxy.start(options);
    this.#toClose.push(() => proxy.stop());
    return proxy;
  }

  async client(port: number): Promise<RawClient> {
    return this.closing(await RawClient.connect(port));
  }

  /** Says what it was asked: `METHOD target host [body]`. */
  async echo(): Promise<Origin> {
    return this.closing(
      await httpOrigin((request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const body = Buffer.concat(chunks).toString();
          response.end(`${request.method} ${request.url} ${request.headers.host} [${body}]`);
        });
      }),
    );
  }

  /** A server that says what `answer` returns whenever a head is complete. */
  async scripted(
    answer: (head: string, socket: Socket, count: number) => string | undefined,
  ): Promise<Origin> {
    let count = 0;
    return await this.raw((socket) => {
      let pending = "";
      socket.on("data", (bytes: Buffer) => {
        pending += bytes.toString("latin1");
        for (let at = pending.indexOf(HEAD_END); at >= 0; at = pending.indexOf(HEAD_END)) {
          const head = pending.slice(0, at + HEAD_END.length);
          pending = pending.slice(at + HEAD_END.length);
          count += 1;
          const text = answer(head, socket, count);
          if (text !== undefined) socket.write(text, "latin1");
        }
      });
      socket.on("end", () => socket.end());
    });
  }

  async raw(serve: (socket: Socket) => void): Promise<Origin> {
    return this.closing(await rawOrigin(serve));
  }
}

/** The text between the first head and its end, and what follows. */
export function splitMessage(text: string): { readonly head: string; readonly body: string } {
  const at = text.indexOf(HEAD_END);
  return { head: text.slice(0, at + 2), body: text.slice(at + HEAD_END.length) };
}

/** One line of `/metrics`, by its name and the labels that it must have. */
export function sample(exposition: string, name: string, ...labels: string[]): number {
  let sum = 0;
  for (const line of exposition.split("\n")) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    if (labels.every((label) => line.includes(label))) sum += Number(line.split(" ").at(-1));
  }
  return sum;
}

/** A page of the admin port. */
export async function page(proxy: RunningProxy, path: string): Promise<string> {
  const client = await RawClient.connect(proxy.adminPort);
  try {
    client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    return splitMessage(await client.untilClosed()).body;
  } finally {
    client.close();
  }
}
