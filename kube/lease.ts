/**
 * Which of several replicas may write: the one that holds a Lease. Clocks of machines differ, so
 * nobody reads the times in it: a replica takes it over when it has seen no change of it for as
 * long as it lasts, by its own clock. The holder stops writing well before that, also when it can
 * reach nobody who would tell it.
 */
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { isRecord } from "../base/shape.ts";
import type { TimerHandle, Timers } from "../base/timers.ts";
import type { KubeClient } from "./kube-client.ts";
import { KubeError, malformed, OWN_REASONS } from "./kube-error.ts";
import { namespacePath, objectPath } from "./kube-object.ts";
import { microTime } from "./micro-time.ts";

/** The first three are those of client-go: a takeover lasts as long as that of others. */
export const LEASE_LIMITS = {
  /** Others wait for so long after its last change. */
  durationSeconds: 15,
  /** The holder takes itself for none when its last renewal began longer ago than this. */
  renewDeadlineMs: 10_000,
  retryMs: 2_000,
  /** One try, so that a server that is silent leaves time for others. */
  tryMs: 4_000,
} as const;

const LEASES = { group: "coordination.k8s.io", version: "v1", plural: "leases" } as const;

/** Asked before every write. */
export interface Leadership {
  holds(): boolean;
}

/** Another one that holds it. */
export interface LeaseHolder {
  readonly identity: string;
  /** What it says of itself, by annotations of the Lease. */
  readonly annotations: Readonly<Record<string, string>>;
}

export interface LeaseOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly name: string;
  /** Of this process and no other, earlier ones included. */
  readonly identity: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** What stands in the Lease while it is ours, for those that do not hold it. */
  readonly annotations?: () => Readonly<Record<string, string>>;
  /** At each look; null where it is ours, or nobody's. */
  readonly seen?: (holder: LeaseHolder | null) => void;
  /** At once when it is lost, however that was found out. */
  readonly changed: (holds: boolean) => void;
  /** A try failed, for whatever reason; told once until one succeeds. */
  readonly failed: (error: Error) => void;
}

interface LeaseRecord {
  readonly resourceVersion: string;
  /** Empty: nobody. */
  readonly holder: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly durationMs: number;
  readonly transitions: number;
}

export class Lease implements Leadership {
  readonly #options: LeaseOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #trying: Promise<void> = Promise.resolve();
  /** When the renewal began that succeeded last; undefined while it is somebody else's. */
  #renewedMs: number | undefined;
  #deadline: TimerHandle | undefined;
  /** The version that was seen last, and since when. */
  #seen = { resourceVersion: "", sinceMs: 0 };
  #transitions = 0;
  #hasFailed = false;
  #isResigned = false;
  /** A write that was under way when it was given back has taken it again. */
  #isTakenLate = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  holds(): boolean {
    const { renewDeadlineMs } = LEASE_LIMITS;
    const { clock } = this.#options;
    return this.#renewedMs !== undefined && clock.nowMs() - this.#renewedMs < renewDeadlineMs;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Times that it went from one holder to another, as far as was seen. */
  get transitions(): number {
    return this.#transitions;
  }

  /** Gives it back, so that another need not wait for it, and only looks who holds it. */
  async resign(): Promise<void> {
    if (this.#isResigned) return;
    this.#isResigned = true;
    await this.#release();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.resign();
    await this.#running;
  }

  async #release(): Promise<void> {
    const held = this.holds();
    this.#lose();
    // A renewal that is under way would take it again.
    await this.#trying;
    if (!held && !this.#isTakenLate) return;
    try {
      await this.#within(LEASE_LIMITS.tryMs, undefined, (signal) =>
        this.#put("", this.#seen.resourceVersion, signal),
      );
    } catch {
      // It ends by itself.
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const trying = this.#within(LEASE_LIMITS.tryMs, signal, (each) => this.#try(each));
        this.#trying = trying.catch(() => {});
        await trying;
        this.#hasFailed = false;
      } catch (cause) {
        if (signal.aborted) return;
        if (!this.#hasFailed) this.#options.failed(asError(cause));
        this.#hasFailed = true;
      }
      // Not in step with the others that want it.
      await this.#pause(LEASE_LIMITS.retryMs * (0.8 + 0.4 * this.#options.random.nextFloat()));
    }
  }

  async #try(signal: AbortSignal): Promise<void> {
    const { clock, identity } = this.#options;
    const startMs = clock.nowMs();
    const record = await this.#read(signal);
    if (record === undefined) {
      if (this.#isResigned) return;
      await this.#take(startMs, () => this.#create(signal));
      return;
    }
    if (record.resourceVersion !== this.#seen.resourceVersion) {
      this.#seen = { resourceVersion: record.resourceVersion, sinceMs: clock.nowMs() };
    }
    if (this.#isResigned) {
      const { holder, annotations } = record;
      const isOther = holder !== "" && holder !== identity;
      this.#options.seen?.(isOther ? { identity: holder, annotations } : null);
      return;
    }
    const isOurs = record.holder === identity;
    const isOver = clock.nowMs() - this.#seen.sinceMs >= record.durationMs;
    if (!isOurs && record.holder !== "" && !isOver) {
      this.#lose();
      const { holder: identity, annotations } = record;
      if (!this.#stopping.signal.aborted) this.#options.seen?.({ identity, annotations });
      return;
    }
    this.#transitions = record.transitions + (isOurs ? 0 : 1);
    await this.#take(startMs, () => this.#put(identity, record.resourceVersion, signal));
  }

  async #take(startMs: number, write: () => Promise<string>): Promise<void> {
    try {
      this.#took(startMs, await write());
    } catch (cause) {
      // Another one was faster. The next reading says who.
      if (!(cause instanceof KubeError) || cause.status !== 409) throw cause;
    }
  }

  #took(startMs: number, resourceVersion: string): void {
    const { clock, timers } = this.#options;
    const wasHeld = this.holds();
    this.#seen = { resourceVersion, sinceMs: clock.nowMs() };
    if (this.#isResigned) {
      this.#isTakenLate = true;
      return;
    }
    this.#options.seen?.(null);
    this.#renewedMs = startMs;
    if (this.#deadline !== undefined) timers.clear(this.#deadline);
    const leftMs = startMs + LEASE_LIMITS.renewDeadlineMs - clock.nowMs();
    this.#deadline = timers.set(leftMs, () => this.#lose());
    if (!wasHeld && this.holds()) this.#options.changed(true);
  }

  #lose(): void {
    if (this.#deadline !== undefined) this.#options.timers.clear(this.#deadline);
    this.#deadline = undefined;
    if (this.#renewedMs === undefined) return;
    this.#renewedMs = undefined;
    this.#options.changed(false);
  }

  async #read(signal: AbortSignal): Promise<LeaseRecord | undefined> {
    const { client } = this.#options;
    try {
      return parseLease(await client.get(objectPath(LEASES, this.#options), signal));
    } catch (cause) {
      if (cause instanceof KubeError && cause.status === 404) return undefined;
      throw cause;
    }
  }

  async #create(signal: AbortSignal): Promise<string> {
    const { client, namespace, identity } = this.#options;
    this.#transitions = 0;
    const body = this.#body(identity, {});
    const created = await client.create(namespacePath(LEASES, namespace), body, signal);
    return parseLease(created).resourceVersion;
  }

  async #put(holder: string, resourceVersion: string, signal: AbortSignal): Promise<string> {
    const body = this.#body(holder, { resourceVersion });
    const path = objectPath(LEASES, this.#options);
    return parseLease(await this.#options.client.replace(path, body, signal)).resourceVersion;
  }

  #body(holder: string, version: { readonly resourceVersion?: string }): object {
    const { namespace, name, clock } = this.#options;
    const renewTime = microTime(clock.wallMs());
    const annotations = holder === "" ? {} : (this.#options.annotations?.() ?? {});
    return {
      apiVersion: `${LEASES.group}/${LEASES.version}`,
      kind: "Lease",
      metadata: { namespace, name, annotations, ...version },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: LEASE_LIMITS.durationSeconds,
        renewTime,
        leaseTransitions: this.#transitions,
      },
    };
  }

  /** Ends when its time is up, or when `stop` says so. */
  async #within(
    durationMs: number,
    stop: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<unknown>,
  ): Promise<void> {
    const { timers } = this.#options;
    const abort = new AbortController();
    const end = (): void => abort.abort();
    let isLate = false;
    const handle = timers.set(durationMs, () => {
      isLate = true;
      end();
    });
    stop?.addEventListener("abort", end, { once: true });
    try {
      await work(abort.signal);
    } catch (cause) {
      if (!isLate || cause instanceof KubeError) throw cause;
      const message = `no answer within ${durationMs / 1000} s`;
      throw new KubeError({ status: 0, reason: OWN_REASONS.silent, message, cause });
    } finally {
      timers.clear(handle);
      stop?.removeEventListener("abort", end);
    }
  }

  #pause(durationMs: number): Promise<void> {
    const { timers } = this.#options;
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      const done = (): void => {
        timers.clear(handle);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const handle = timers.set(durationMs, done);
      if (signal.aborted) done();
      else signal.addEventListener("abort", done, { once: true });
    });
  }
}

function parseLease(value: unknown): LeaseRecord {
  if (!isRecord(value) || !isRecord(value.metadata)) throw malformed("a Lease has no metadata");
  const { resourceVersion, annotations } = value.metadata;
  if (typeof resourceVersion !== "string") throw malformed("a Lease has no resourceVersion");
  const texts = Object.entries(isRecord(annotations) ? annotations : {}).flatMap(([key, text]) =>
    typeof text === "string" ? [[key, text] as const] : [],
  );
  const spec = isRecord(value.spec) ? value.spec : {};
  const { holderIdentity: holder, leaseDurationSeconds: seconds, leaseTransitions: count } = spec;
  return {
    resourceVersion,
    holder: typeof holder === "string" ? holder : "",
    annotations: Object.fromEntries(texts),
    durationMs: (typeof seconds === "number" ? seconds : LEASE_LIMITS.durationSeconds) * 1000,
    transitions: typeof count === "number" ? count : 0,
  };
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
