/**
 * The last good configuration on disk, so that a proxy that starts while no operator answers can
 * serve at once. One line of JSON per resource, each with its own revision to check it by: a line
 * that was damaged costs that resource alone. Written aside and renamed, so that there is always
 * a whole file; gathered over some seconds, so that a busy mesh does not wear out the disk.
 */
import { open, readFile, rename, stat } from "node:fs/promises";
import { revisionOf } from "../../base/canonical-json.ts";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { readFailure } from "../../base/read-failure.ts";
import { isRecord } from "../../base/shape.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import { bodyTextOf, isKeyOf } from "../../mesh/decode-message.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import { ABSENT, RESOURCE_TYPES, type ResourceType } from "../../mesh/snapshot.ts";
import type { Configuration, Restored } from "./configuration.ts";
import { readBody } from "./read-resource.ts";

/** From the first change to the writing of the file. */
export const SNAPSHOT_WRITE_DELAY_MS = 5_000;
export const SNAPSHOT_FILE_BYTES_MAX = 256 * 1024 * 1024;
const FORMAT = 1;

export interface SnapshotFileOptions {
  readonly path: string;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** One resource as it is written. */
interface Line {
  readonly type: ResourceType;
  readonly key: string;
  readonly revision: string;
  readonly receivedAtWallMs: number;
  readonly body: unknown;
}

export class SnapshotFile {
  readonly #options: SnapshotFileOptions;
  #timer: TimerHandle | null = null;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;
  #stopped = false;

  constructor(options: SnapshotFileOptions) {
    this.#options = options;
  }

  /** Takes what the file holds into the configuration. Returns how many resources that were. */
  async load(): Promise<number> {
    const { path, configuration, log } = this.#options;
    const text = await readBounded(path).catch((error: unknown) => {
      if (!isMissing(error)) log.warn("the snapshot file cannot be read", { path, ...why(error) });
      return undefined;
    });
    if (text === undefined) return 0;
    const [head = "", ...lines] = text.split("\n");
    const header = parseJson(head);
    if (!isRecord(header) || header.format !== FORMAT) {
      log.warn("the snapshot file is of no format that this proxy knows", { path });
      return 0;
    }
    const read = lines.filter((line) => line !== "").map(restoredOf);
    const restored = read.filter((one) => one !== undefined);
    const damaged = read.length - restored.length;
    if (damaged > 0) log.warn("the snapshot file is damaged in part", { path, damaged });
    configuration.restore(restored);
    return restored.length;
  }

  /** From now on changes are written. */
  start(): void {
    const later = () => this.#arm();
    this.#options.configuration.listen({
      destinationChanged: later,
      endpointsChanged: later,
      destinationDropped: later,
      workloadChanged: later,
      addressChanged: later,
      addressDropped: later,
    });
  }

  /** Writes what has changed since, without waiting for more. */
  async flush(): Promise<void> {
    if (this.#timer !== null) {
      this.#options.timers.clear(this.#timer);
      this.#timer = null;
      this.#write();
    }
    await this.#writing;
  }

  /** Writes for the last time: from then on the file is somebody else's. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.flush();
  }

  #arm(): void {
    if (this.#timer !== null || this.#stopped) return;
    this.#timer = this.#options.timers.set(SNAPSHOT_WRITE_DELAY_MS, () => {
      this.#timer = null;
      this.#write();
    });
  }

  /** One after the other, however long the disk takes. */
  #write(): void {
    const { path, clock, log, configuration } = this.#options;
    this.#writing = this.#writing.then(async () => {
      try {
        await writeLines(path, clock.wallMs(), linesOf(configuration));
        this.#hasFailed = false;
      } catch (error) {
        if (!this.#hasFailed)
          log.warn("the snapshot file cannot be written", { path, ...why(error) });
        this.#hasFailed = true;
      }
    });
  }
}

/** Bodies never change once they are held, so that what is taken here at once is of one moment. */
function linesOf({ holdings, addresses }: Configuration): readonly Line[] {
  const lines: Line[] = [];
  const { workload } = holdings;
  if (workload !== null) {
    const { revision, receivedAtWallMs } = workload;
    lines.push({ type: "workload", key: "", revision, receivedAtWallMs, body: workload.workload });
  }
  for (const { key, revision, receivedAtWallMs, live } of holdings.destinations.values()) {
    // That there is no such service is not worth remembering: it may come to be at any time.
    if (live === null) continue;
    lines.push({ type: "destination", key, revision, receivedAtWallMs, body: live });
  }
  for (const { key, revision, receivedAtWallMs, set } of holdings.sets.values()) {
    if (set === null) continue;
    const body = revision === ABSENT ? null : set;
    lines.push({ type: "endpoints", key, revision, receivedAtWallMs, body });
  }
  for (const { key, revision, receivedAtWallMs, state } of addresses) {
    if (typeof state === "string") continue;
    lines.push({ type: "address", key, revision, receivedAtWallMs, body: state });
  }
  return lines;
}

async function writeLines(path: string, wallMs: number, lines: readonly Line[]): Promise<void> {
  const aside = `${path}.new`;
  const file = await open(aside, "w", 0o600);
  try {
    await file.write(`${JSON.stringify({ format: FORMAT, savedAtWallMs: wallMs })}\n`);
    for (const line of lines) await file.write(`${JSON.stringify(line)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
}

async function readBounded(path: string): Promise<string> {
  const found = await stat(path);
  // A device may have no end, and a pipe no beginning.
  if (!found.isFile()) throw new Error("it is no ordinary file");
  const { size } = found;
  if (size > SNAPSHOT_FILE_BYTES_MAX) throw new Error("it is larger than any that we write");
  return await readFile(path, "utf8");
}

/** Undefined when the line is damaged. A set that is absent has no hash, and is taken as it is. */
function restoredOf(line: string): Restored | undefined {
  const value = parseJson(line);
  if (!isRecord(value)) return undefined;
  const { key, revision, receivedAtWallMs, body } = value;
  const type = RESOURCE_TYPES.find((one) => one === value.type);
  if (type === undefined || typeof key !== "string" || !isKeyOf(type, key)) return undefined;
  if (typeof receivedAtWallMs !== "number" || typeof revision !== "string") return undefined;
  const named = { type, key, revision };
  if (type === "endpoints" && revision === ABSENT) {
    // The check above has shown it to be a service key; the type system cannot remember that.
    const resource = { type, key: key as ServiceKey, set: null };
    return { named, resource, receivedAtWallMs };
  }
  if (revisionOf(bodyTextOf(line)) !== revision) return undefined;
  const resource = readBody({ type, key, body });
  return resource.type === "refusal" ? undefined : { named, resource, receivedAtWallMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function why(error: unknown): { readonly reason: string } {
  return { reason: readFailure(error) };
}
