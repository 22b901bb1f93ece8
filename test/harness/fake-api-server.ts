/**
 * An API server in memory that keeps to the protocol of lists and watches: versions, pages,
 * bookmarks, time limits, streams of what exists. Tests make it misbehave: `interfere` decides over
 * each request before it does, and open watches can be broken in any way.
 */
import { isRecord } from "../../base/shape.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import type { Transport, TransportRequest, TransportResponse } from "../../kube/transport.ts";
import { ByteStream } from "./byte-stream.ts";

export interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** What a request meets instead of an answer. */
export type Interference =
  | { readonly answer: number; readonly body?: unknown; readonly retryAfter?: string }
  /** Nothing ever comes. */
  | { readonly silent: true }
  /** The true answer, broken off after so many bytes. */
  | { readonly cutAfterBytes: number }
  /** No connection. */
  | { readonly refused: true };

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly renew: boolean;
  readonly body: string;
  readonly contentType: string;
  readonly accept: string;
}

interface StoredEvent {
  readonly version: number;
  readonly path: string;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: FakeObject;
  readonly before: FakeObject | undefined;
}

interface OpenWatch {
  readonly path: string;
  readonly wants: (object: FakeObject) => boolean;
  readonly stream: ByteStream;
  readonly timer: TimerHandle;
}

export class FakeApiServer implements Transport {
  readonly requests: SeenRequest[] = [];
  interfere: (request: SeenRequest) => Interference | undefined = () => undefined;
  /** Whether it tells what exists as a stream; older ones refuse to. */
  offersStreams = true;
  readonly #timers: Timers;
  readonly #collections = new Map<string, Map<string, FakeObject>>();
  readonly #events: StoredEvent[] = [];
  readonly #watches = new Set<OpenWatch>();
  #version = 100;
  #compacted = 0;
  #uid = 0;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Makes the kind known; without it, its path answers 404. */
  serve(path: string): void {
    if (!this.#collections.has(path)) this.#collections.set(path, new Map());
  }

  /** The kind and everything of it are gone. */
  withdraw(path: string): void {
    for (const object of this.objects(path)) this.remove(path, object.metadata.name);
    this.#collections.delete(path);
    this.endWatches(path);
  }

  objects(path: string): readonly FakeObject[] {
    return [...(this.#collections.get(path)?.values() ?? [])];
  }

  put(path: string, object: FakeObject): FakeObject {
    this.serve(path);
    const key = keyOf(object);
    const before = this.#collections.get(path)?.get(key);
    this.#version += 1;
    const uid = object.metadata.uid ?? before?.metadata.uid ?? `uid-${++this.#uid}`;
    const metadata = { ...object.metadata, uid, resourceVersion: String(this.#version) };
    const stored = { ...object, metadata };
    this.#collections.get(path)?.set(key, stored);
    this.#record(path, before === undefined ? "ADDED" : "MODIFIED", stored, before);
    return stored;
  }

  /** In whatever namespace, unless one is given. */
  remove(path: string, name: string, namespace?: string): void {
    const collection = this.#collections.get(path);
    for (const [key, object] of collection ?? []) {
      if (object.metadata.name !== name) continue;
      if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
      collection?.delete(key);
      this.#version += 1;
      const resourceVersion = String(this.#version);
      this.#record(path, "DELETED", {
        ...object,
        metadata: { ...object.metadata, resourceVersion },
      });
    }
  }

  /** Versions up to now are no longer kept: a watch from one of them is answered with 410. */
  compact(): void {
    this.#version += 1;
    this.#compacted = this.#version;
  }

  watchCount(path: string): number {
    return this.#watchesOf(path).length;
  }

  /** To every watch of the kind, as it is. */
  sendRaw(path: string, text: string): void {
    for (const { stream } of this.#watchesOf(path)) stream.write(text);
  }

  sendBookmark(path: string): void {
    this.sendRaw(path, bookmark(this.#version, false));
  }

  endWatches(path: string): void {
    for (const watch of this.#watchesOf(path)) this.#close(watch, (stream) => stream.end());
  }

  resetWatches(path: string): void {
    for (const watch of this.#watchesOf(path)) this.#close(watch, (stream) => stream.fail());
  }

  /** The watches hear nothing any more, and do not end: the network has lost the connection. */
  freezeWatches(path: string): void {
    for (const watch of this.#watchesOf(path)) this.#close(watch, () => {});
  }

  send(request: TransportRequest): Promise<TransportResponse> {
    const [path = "", query = ""] = request.path.split("?");
    const seen: SeenRequest = {
      method: request.method,
      path,
      query: new URLSearchParams(query),
      renew: request.renew,
      body: request.body,
      contentType: request.headers["content-type"] ?? "",
      accept: request.headers.accept ?? "",
    };
    this.requests.push(seen);
    const met = this.interfere(seen);
    if (met !== undefined && "refused" in met) return Promise.reject(new Error("ECONNREFUSED"));
    if (met !== undefined && "silent" in met) return never(request.signal);
    const stream = new ByteStream(request.signal);
    if (met !== undefined && "answer" in met) {
      return Promise.resolve(answer(stream, met.answer, met.body ?? {}, met.retryAfter));
    }
    const response = this.#answer(seen, stream);
    const cut = met === undefined ? undefined : met.cutAfterBytes;
    return Promise.resolve(cut === undefined ? response : cutOff(response, cut));
  }

  close(): void {}

  #answer(request: SeenRequest, stream: ByteStream): TransportResponse {
    const { path, query } = request;
    const [, own, ownName = ""] = /^(\/api\/v1\/namespaces)\/([^/]+)$/.exec(path) ?? [];
    if (own !== undefined) return this.#answerNamespace(own, ownName, stream);
    const named = /^(.*)\/namespaces\/([^/]+)(\/[^/]+)(?:\/([^/]+))?(\/status)?$/.exec(path);
    const [, root = "", namespace = "", plural = "", name] = named ?? [];
    const isAll = named === null || (name === undefined && request.method === "GET");
    if (!isAll) return this.#answerOne(request, named, stream);
    const whole = named === null ? path : `${root}${plural}`;
    const collection = this.#collections.get(whole);
    if (collection === undefined) return status(stream, 404, "NotFound");
    const selector = query.get("fieldSelector") ?? "";
    const labels = query.get("labelSelector") ?? "";
    const wants = (object: FakeObject): boolean =>
      (named === null || object.metadata.namespace === namespace) &&
      isSelected(object, selector) &&
      isLabelled(object, labels);
    if (query.get("watch") === "true") return this.#watch(whole, wants, query, stream);
    return this.#list([...collection.values()].filter(wants), query, stream);
  }

  /** They alone stand in no namespace and below a path that looks like one. */
  #answerNamespace(path: string, name: string, stream: ByteStream): TransportResponse {
    const present = this.#collections.get(path)?.get(`/${name}`);
    if (present === undefined) return status(stream, 404, "NotFound");
    return answer(stream, 200, present);
  }

  /** One object: read, made, replaced, removed, or its status applied. */
  #answerOne(request: SeenRequest, named: RegExpExecArray, stream: ByteStream): TransportResponse {
    const [, root = "", namespace = "", plural = "", name = "", isStatus] = named;
    const path = `${root}${plural}`;
    const present = this.#collections.get(path)?.get(`${namespace}/${name}`);
    const { method, body } = request;
    if (method === "POST") {
      // Whoever sends it is a client of ours.
      const object = JSON.parse(body) as FakeObject;
      const isThere = this.#collections.get(path)?.has(keyOf(object)) ?? false;
      if (isThere) return status(stream, 409, "AlreadyExists");
      return answer(stream, 201, this.put(path, object));
    }
    if (method === "PATCH" && isStatus === undefined) {
      return answer(stream, 200, this.put(path, JSON.parse(body) as FakeObject));
    }
    if (present === undefined) return status(stream, 404, "NotFound");
    if (method === "GET") return answer(stream, 200, present);
    if (method === "DELETE") {
      this.remove(path, name, namespace);
      return answer(stream, 200, { kind: "Status", status: "Success" });
    }
    const object = JSON.parse(body) as FakeObject;
    if (isStatus !== undefined) {
      const { resourceVersion = present.metadata.resourceVersion } = object.metadata;
      const isAsSeen = resourceVersion === present.metadata.resourceVersion;
      if (!isAsSeen) return status(stream, 409, "Conflict");
      return answer(stream, 200, this.put(path, { ...present, status: object.status }));
    }
    const isStale = object.metadata.resourceVersion !== present.metadata.resourceVersion;
    if (isStale) return status(stream, 409, "Conflict");
    return answer(stream, 200, this.put(path, object));
  }

  #list(all: readonly FakeObject[], query: URLSearchParams, stream: ByteStream): TransportResponse {
    const token = query.get("continue");
    const [from = 0, version = this.#version] = token?.split("-").map(Number) ?? [];
    if (version < this.#compacted && token !== null) return status(stream, 410, "Expired");
    // From its cache it answers with everything, as the real one does.
    const isCached = query.get("resourceVersion") === "0";
    const limit = isCached ? Number.POSITIVE_INFINITY : Number(query.get("limit") ?? "500");
    const items = all.slice(from, from + limit);
    const isLast = from + items.length >= all.length;
    const next = isLast ? {} : { continue: `${from + items.length}-${version}` };
    return answer(stream, 200, { metadata: { resourceVersion: String(version), ...next }, items });
  }

  #watch(
    path: string,
    wants: OpenWatch["wants"],
    query: URLSearchParams,
    stream: ByteStream,
  ): TransportResponse {
    const isInitial = query.get("sendInitialEvents") === "true";
    if (isInitial && !this.offersStreams) return status(stream, 422, "Invalid");
    const from = Number(query.get("resourceVersion") ?? "0");
    if (!isInitial && from < this.#compacted) {
      stream.write(watchLine("ERROR", statusBody(410, "Expired")));
      stream.end();
      return answering(stream, 200);
    }
    if (isInitial) {
      for (const object of this.objects(path).filter(wants)) {
        stream.write(watchLine("ADDED", object));
      }
      stream.write(bookmark(this.#version, true));
    } else {
      for (const event of this.#events) {
        const isNew = event.path === path && event.version > from;
        if (isNew) stream.write(eventLine(event, wants));
      }
    }
    const seconds = Number(query.get("timeoutSeconds") ?? "1800");
    const timer = this.#timers.set(seconds * 1000, () => {
      stream.write(bookmark(this.#version, false));
      this.#close(watch, () => stream.end());
    });
    const watch = { path, wants, stream, timer };
    this.#watches.add(watch);
    return answering(stream, 200);
  }

  #record(
    path: string,
    type: StoredEvent["type"],
    object: FakeObject,
    before: FakeObject | undefined = object,
  ): void {
    const event = { version: this.#version, path, type, object, before };
    this.#events.push(event);
    for (const { wants, stream } of this.#watchesOf(path)) stream.write(eventLine(event, wants));
  }

  #watchesOf(path: string): readonly OpenWatch[] {
    for (const watch of this.#watches) if (!watch.stream.isOpen) this.#close(watch, () => {});
    return [...this.#watches].filter((watch) => watch.path === path);
  }

  #close(watch: OpenWatch, end: (stream: ByteStream) => void): void {
    this.#watches.delete(watch);
    this.#timers.clear(watch.timer);
    end(watch.stream);
  }
}

/** As far as our programs select: by name, and by the phase of a pod. */
function isSelected({ metadata, status }: FakeObject, fieldSelector: string): boolean {
  const phase = isRecord(status) ? status.phase : undefined;
  return fieldSelector
    .split(",")
    .every(
      (term) =>
        term === "" || term === `metadata.name=${metadata.name}` || isOtherPhase(term, phase),
    );
}

function isOtherPhase(term: string, phase: unknown): boolean {
  return term.startsWith("status.phase!=") && term !== `status.phase!=${String(phase)}`;
}

function keyOf({ metadata }: FakeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

/** By the one form that our programs use: `name=value`, all of them where there are several. */
function isLabelled({ metadata }: FakeObject, selector: string): boolean {
  if (selector === "") return true;
  const labels = new Map(Object.entries(metadata.labels ?? {}));
  return selector.split(",").every((part) => {
    const [name = "", value] = part.split("=");
    return value === undefined ? labels.has(name) : labels.get(name) === value;
  });
}

function watchLine(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** Empty for who does not want it. What no longer is as it was wanted is gone to its watcher. */
function eventLine({ type, object, before }: StoredEvent, wants: OpenWatch["wants"]): string {
  const wasWanted = before !== undefined && wants(before);
  if (!wants(object)) return wasWanted ? watchLine("DELETED", object) : "";
  return watchLine(wasWanted ? type : "ADDED", object);
}

function bookmark(version: number, endsInitial: boolean): string {
  const annotations = endsInitial ? { "k8s.io/initial-events-end": "true" } : {};
  const metadata = { resourceVersion: String(version), annotations };
  return watchLine("BOOKMARK", { kind: "Anything", metadata });
}

export function statusBody(code: number, reason: string): object {
  return { kind: "Status", status: "Failure", code, reason, message: `${reason} it is` };
}

function status(stream: ByteStream, code: number, reason: string): TransportResponse {
  return answer(stream, code, statusBody(code, reason));
}

function answer(
  stream: ByteStream,
  code: number,
  body: unknown,
  retryAfter?: string,
): TransportResponse {
  stream.write(typeof body === "string" ? body : JSON.stringify(body));
  stream.end();
  return answering(stream, code, retryAfter);
}

function answering(
  body: AsyncIterable<Uint8Array>,
  code: number,
  retryAfter?: string,
): TransportResponse {
  return {
    status: code,
    header: (name) => (name === "retry-after" ? retryAfter : undefined),
    body,
  };
}

function cutOff(response: TransportResponse, bytes: number): TransportResponse {
  return { ...response, body: cutBody(response.body, bytes) };
}

async function* cutBody(body: AsyncIterable<Uint8Array>, bytes: number) {
  let left = bytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) throw new Error("ECONNRESET");
  }
}

function never(signal: AbortSignal): Promise<TransportResponse> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}
