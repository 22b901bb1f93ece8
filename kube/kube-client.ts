/**
 * What is asked of an API server, and the answers as values of known shape. A request that is
 * refused for its credentials is sent once more with new ones; nothing else is tried again here,
 * because only the caller knows what still makes sense.
 */
import { isRecord } from "../base/shape.ts";
import type { TimerHandle, Timers } from "../base/timers.ts";
import { KubeError, malformed, OWN_REASONS, parseErrorAnswer, parseStatus } from "./kube-error.ts";
import { type KubeObject, type KubeResource, parseKubeObject } from "./kube-object.ts";
import { LineSplitter } from "./line-splitter.ts";
import {
  EVERYTHING,
  type Selection,
  selectionAccept,
  selectionPath,
  selectionQuery,
} from "./selection.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

export const KUBE_LIMITS = {
  /** No byte for so long ends a request. Quiet watches are kept shorter than theirs. */
  requestSilenceMs: 30_000,
  watchSilenceMs: 50_000,
  /** A page of 500 objects, and all of a kind where the server leaves the pages out. */
  answerBytesMax: 256 * 1024 * 1024,
  /** One object; etcd takes 1.5 MiB, and managed fields and escapes come on top. */
  watchLineBytesMax: 16 * 1024 * 1024,
} as const;

export interface ListPage {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Asks for the next page; empty on the last. */
  readonly continueToken: string;
}

export type WatchEvent =
  /** The server has granted the watch. */
  | { readonly type: "opened" }
  | { readonly type: "added" | "modified" | "deleted"; readonly object: KubeObject }
  /** Nothing happened up to here. `endsInitial`: all that existed at the start has been told. */
  | {
      readonly type: "bookmark";
      readonly resourceVersion: string;
      readonly endsInitial: boolean;
    };

export type Query = Readonly<Record<string, string | number | boolean>>;

type Sent = Omit<TransportRequest, "renew" | "signal">;

export interface KubeClientOptions {
  readonly transport: Transport;
  readonly timers: Timers;
  /**
   * No byte for so long ends a request that reads; where people wait it is less than usual. Writes
   * have the usual time: the server may have to ask webhooks before it answers.
   */
  readonly readSilenceMs?: number;
}

export class KubeClient {
  readonly #transport: Transport;
  readonly #timers: Timers;
  readonly #readSilenceMs: number;

  constructor(options: KubeClientOptions) {
    this.#transport = options.transport;
    this.#timers = options.timers;
    this.#readSilenceMs = options.readSilenceMs ?? KUBE_LIMITS.requestSilenceMs;
  }

  /** One page of all objects of the kind that are selected. Throws `KubeError`. */
  async list(
    resource: KubeResource,
    query: Query,
    signal: AbortSignal,
    selection = EVERYTHING,
  ): Promise<ListPage> {
    const body = await this.#json(select(resource, query, selection, "list"), signal);
    if (!isRecord(body) || !isRecord(body.metadata)) throw malformed("a list has no metadata");
    const { resourceVersion, continue: continueToken } = body.metadata;
    // A list of nothing may come without items.
    const items: unknown = body.items ?? [];
    if (!Array.isArray(items) || !isVersion(resourceVersion)) {
      throw malformed("a list has no items or no resourceVersion");
    }
    return {
      items: items.map((item) => parseKubeObject(item, resource, selection.reduce)),
      resourceVersion,
      continueToken: typeof continueToken === "string" ? continueToken : "",
    };
  }

  /**
   * Changes from a version on, until the server ends the watch. Throws `KubeError` for whatever
   * ends it otherwise, silence included.
   */
  async *watch(
    resource: KubeResource,
    query: Query,
    signal: AbortSignal,
    selection = EVERYTHING,
  ): AsyncGenerator<WatchEvent, void, void> {
    const watchQuery = { watch: true, allowWatchBookmarks: true, ...query };
    const sent = select(resource, watchQuery, selection, "object");
    const exchange = new Exchange(this.#timers, KUBE_LIMITS.watchSilenceMs, signal);
    try {
      const response = await this.#send(sent, exchange);
      yield { type: "opened" };
      const lines = new LineSplitter(KUBE_LIMITS.watchLineBytesMax);
      for await (const chunk of response.body) {
        exchange.heard();
        for (const line of lines.take(chunk)) yield parseWatchEvent(line, resource, selection);
      }
      if (lines.isCut) throw malformed("a watch ended within a line");
    } catch (cause) {
      throw exchange.explain(cause);
    } finally {
      exchange.end();
    }
  }

  /** Throws `KubeError`; its status is 404 where there is none. */
  async get(path: string, signal: AbortSignal, selection = EVERYTHING): Promise<unknown> {
    return await this.#json(get(path, {}, selectionAccept(selection, "object")), signal);
  }

  /** A new object. Throws `KubeError`, 409 where it exists. */
  async create(path: string, object: object, signal: AbortSignal): Promise<unknown> {
    return await this.#json(send("POST", path, "application/json", object), signal);
  }

  /** The whole object. Throws `KubeError`, 409 where it is no longer at its resourceVersion. */
  async replace(path: string, object: object, signal: AbortSignal): Promise<unknown> {
    return await this.#json(send("PUT", path, "application/json", object), signal);
  }

  /**
   * Server-side apply: of the object at the path, the fields in `object` are ours from now on, and
   * those that were and are not in it any more are taken out. Whoever else claims them loses,
   * unless `force` is false: then it is refused with 409, and the error says who claims them.
   * A resourceVersion in `object` is the one that it must be at, else that is 409 as well.
   * Resolves to the object as it is then, or with `dryRun` as it would be.
   */
  async apply(
    path: string,
    object: object,
    manager: string,
    signal: AbortSignal,
    options: { readonly dryRun?: boolean; readonly force?: boolean } = {},
  ): Promise<unknown> {
    const dryRun = options.dryRun === true ? { dryRun: "All" } : {};
    const force = String(options.force !== false);
    const query = new URLSearchParams({ fieldManager: manager, force, ...dryRun });
    // Every JSON text is a YAML text.
    const type = "application/apply-patch+yaml";
    return await this.#json(send("PATCH", `${path}?${query.toString()}`, type, object), signal);
  }

  /** RFC 6902. Throws `KubeError`, 422 where a test in it fails. */
  async patch(path: string, patch: readonly object[], signal: AbortSignal): Promise<unknown> {
    return await this.#json(send("PATCH", path, "application/json-patch+json", patch), signal);
  }

  /** Throws `KubeError`, 404 where it is gone. `options` as DeleteOptions has them. */
  async delete(path: string, signal: AbortSignal, options: object = {}): Promise<void> {
    await this.#json(send("DELETE", path, "application/json", options), signal);
  }

  /** The answer as it came: of what is no object, such as what a pod says through the server. */
  async text(
    path: string,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const sent = get(path, {}, "*/*");
    return await this.#text({ ...sent, headers: { ...sent.headers, ...headers } }, signal);
  }

  async #json(sent: Sent, signal: AbortSignal): Promise<unknown> {
    return parseJson(await this.#text(sent, signal));
  }

  async #text(sent: Sent, signal: AbortSignal): Promise<string> {
    const silenceMs = sent.method === "GET" ? this.#readSilenceMs : KUBE_LIMITS.requestSilenceMs;
    const exchange = new Exchange(this.#timers, silenceMs, signal);
    try {
      const response = await this.#send(sent, exchange);
      return await readText(response, exchange);
    } catch (cause) {
      throw exchange.explain(cause);
    } finally {
      exchange.end();
    }
  }

  /** The answer to one that the server granted. */
  async #send(sent: Sent, exchange: Exchange): Promise<TransportResponse> {
    for (const renew of [false, true]) {
      const response = await this.#transport.send({ ...sent, renew, signal: exchange.signal });
      exchange.heard();
      if (response.status >= 200 && response.status < 300) return response;
      const text = await readText(response, exchange);
      if (response.status === 401 && !renew) continue;
      throw parseErrorAnswer(response.status, text, response.header("retry-after"));
    }
    throw malformed("the second answer was none");
  }
}

/** One request's time: ends it when nothing is heard for too long, or when its caller says so. */
class Exchange {
  readonly #timers: Timers;
  readonly #silenceMs: number;
  readonly #caller: AbortSignal;
  readonly #abort = new AbortController();
  readonly #stop = (): void => this.#abort.abort(this.#caller.reason);
  #timer: TimerHandle | undefined;
  #isSilent = false;

  constructor(timers: Timers, silenceMs: number, caller: AbortSignal) {
    this.#timers = timers;
    this.#silenceMs = silenceMs;
    this.#caller = caller;
    if (caller.aborted) this.#stop();
    else caller.addEventListener("abort", this.#stop);
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    if (this.#timer !== undefined) this.#timers.clear(this.#timer);
    this.#timer = this.#timers.set(this.#silenceMs, () => {
      this.#isSilent = true;
      this.#abort.abort();
    });
  }

  /** What went wrong, as a `KubeError` wherever it is not that the caller gave up. */
  explain(cause: unknown): unknown {
    if (this.#isSilent) {
      const message = `the API server said nothing for ${this.#silenceMs / 1000} s`;
      return new KubeError({ status: 0, reason: OWN_REASONS.silent, message, cause });
    }
    if (cause instanceof KubeError || this.#caller.aborted) return cause;
    if (cause instanceof RangeError) return malformed(cause.message, cause);
    const message = `the connection to the API server broke: ${String(cause)}`;
    return new KubeError({ status: 0, reason: OWN_REASONS.unreachable, message, cause });
  }

  /** Also ends the request where its body was not read to the end. */
  end(): void {
    if (this.#timer !== undefined) this.#timers.clear(this.#timer);
    this.#caller.removeEventListener("abort", this.#stop);
    this.#abort.abort();
  }
}

function select(
  resource: KubeResource,
  query: Query,
  selection: Selection,
  answer: "list" | "object",
): Sent {
  const all = { ...query, ...selectionQuery(selection) };
  return get(selectionPath(resource, selection), all, selectionAccept(selection, answer));
}

function get(path: string, query: Query, accept: string): Sent {
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)]);
  const text = new URLSearchParams(pairs).toString();
  const whole = text === "" ? path : `${path}?${text}`;
  return { method: "GET", path: whole, headers: { accept }, body: "" };
}

function send(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  contentType: string,
  body: object,
): Sent {
  const headers = { accept: "application/json", "content-type": contentType };
  return { method, path, headers, body: JSON.stringify(body) };
}

async function readText(response: TransportResponse, exchange: Exchange): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    exchange.heard();
    bytes += chunk.length;
    if (bytes > KUBE_LIMITS.answerBytesMax) {
      throw malformed(`an answer is longer than ${KUBE_LIMITS.answerBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed("an answer is no JSON", cause);
  }
}

const EVENT_TYPES = new Map([
  ["ADDED", "added"],
  ["MODIFIED", "modified"],
  ["DELETED", "deleted"],
] as const satisfies readonly (readonly [string, WatchEvent["type"]])[]);

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** Throws what an ERROR event tells. */
function parseWatchEvent(line: string, resource: KubeResource, { reduce }: Selection): WatchEvent {
  const event = parseJson(line);
  if (!isRecord(event)) throw malformed("a watch told of nothing");
  const { type, object } = event;
  if (type === "ERROR") throw parseStatus(object) ?? malformed("a watch told of an unknown error");
  if (type === "BOOKMARK") return parseBookmark(object);
  for (const [word, known] of EVENT_TYPES) {
    if (type === word) return { type: known, object: parseKubeObject(object, resource, reduce) };
  }
  throw malformed(`a watch told of ${String(type)}`);
}

/** Of the object that comes with it only the version is filled in. */
function parseBookmark(object: unknown): WatchEvent {
  const metadata = isRecord(object) && isRecord(object.metadata) ? object.metadata : {};
  const { resourceVersion, annotations } = metadata;
  if (!isVersion(resourceVersion)) throw malformed("a bookmark has no resourceVersion");
  const endsInitial = isRecord(annotations) && annotations[INITIAL_EVENTS_END] === "true";
  return { type: "bookmark", resourceVersion, endsInitial };
}

/** From an empty one nobody could go on: all would be read again, at once and for ever. */
function isVersion(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
