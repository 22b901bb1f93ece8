import fc from "fast-check";
import { expect, it } from "vitest";
import { endpoint, service, serviceBinding } from "../../test/harness/fake-table.ts";
import { MEANT, RedirectedScene } from "../../test/harness/redirected-scene.ts";

const SEED = 20_260_714;
const REQUEST = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** What may happen, in any order. Bytes and ends only come where a kernel could bring them. */
const EVENTS = {
  service: ({ scene }: Run) => scene.say(serviceBinding("db")),
  unknown: ({ scene }: Run) => scene.say(null),
  chosen: ({ scene }: Run) => {
    const chosen = endpoint(1, { address: MEANT.host, port: MEANT.port });
    scene.say({ kind: "endpoint", service: service("db"), protocol: "detect", endpoint: chosen });
  },
  live: ({ scene }: Run) => scene.decide("live"),
  absent: ({ scene }: Run) => scene.decide("absent"),
  invalid: ({ scene }: Run) => scene.decide("invalid"),
  shortWhile: ({ scene }: Run) => scene.timers.advance(10),
  while: ({ scene }: Run) => scene.timers.advance(60),
  longWhile: ({ scene }: Run) => scene.timers.advance(1_100),
  clientWord: (run: Run) => run.fromClient("PING\r\n"),
  clientPart: (run: Run) => run.fromClient("GET / HT"),
  clientRequest: (run: Run) => run.fromClient(REQUEST),
  clientEnd: ({ scene }: Run) => {
    if (canRead(scene.stream)) scene.stream.receiveEnd();
  },
  clientReset: ({ scene }: Run) => scene.stream.close("reset"),
  connected: (run: Run) => run.connect(),
  refused: (run: Run) => {
    if (!run.isConnected) run.dialled?.close("refused");
  },
  serverWord: (run: Run) => run.fromServer("220 db\r\n"),
  serverEnd: ({ dialled, isConnected }: Run) => {
    if (isConnected && dialled !== undefined && canRead(dialled)) dialled.receiveEnd();
  },
  serverReset: ({ dialled, isConnected }: Run) => {
    if (isConnected) dialled?.close("reset");
  },
  drain: ({ scene }: Run) => scene.connections.drain(),
} as const;
type Event = keyof typeof EVENTS;

type Readable = RedirectedScene["stream"];

function canRead({ paused, closed, ended }: Readable): boolean {
  return !paused && !closed && !ended;
}

class Run {
  readonly scene = new RedirectedScene().begin();
  isConnected = false;
  #clientSaid = "";
  #serverSaid = "";

  get dialled(): Readable | undefined {
    return this.scene.network.dialled[0];
  }

  connect(): void {
    const { dialled } = this;
    if (this.isConnected || dialled === undefined || dialled.closed) return;
    this.isConnected = true;
    dialled.connect();
  }

  fromClient(text: string): void {
    if (!canRead(this.scene.stream)) return;
    this.#clientSaid += text;
    this.scene.stream.receive(text);
  }

  fromServer(text: string): void {
    const { dialled, isConnected } = this;
    if (!isConnected || dialled === undefined || !canRead(dialled)) return;
    this.#serverSaid += text;
    dialled.receive(text);
  }

  /** What arrived is the beginning of what was said, and all of it while both sides are there. */
  check(): void {
    const { scene, dialled } = this;
    if (scene.served.length > 0) return;
    const toServer = dialled?.written ?? "";
    const toClient = scene.stream.written;
    expect(this.#clientSaid.startsWith(toServer)).toBe(true);
    expect(this.#serverSaid.startsWith(toClient)).toBe(true);
    if (scene.stream.closed || dialled === undefined || dialled.closed) return;
    if (toServer !== "" && toClient !== "") {
      expect([toServer, toClient]).toEqual([this.#clientSaid, this.#serverSaid]);
    }
  }

  /** Nothing stays that could hold up the process, whatever had happened. */
  end(): void {
    const { scene } = this;
    scene.connections.abort();
    scene.stream.close("closed");
    scene.expectGone();
    expect(scene.network.dialled.length).toBeLessThanOrEqual(1);
  }
}

it("a redirected connection loses no byte and leaves nothing behind, whatever happens", () => {
  const names = Object.keys(EVENTS) as Event[];
  let tunnelCount = 0;
  let requestCount = 0;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...names), { minLength: 8, maxLength: 40 }), (events) => {
      const run = new Run();
      for (const event of events) {
        EVENTS[event](run);
        run.check();
      }
      if (run.scene.served.length > 0) requestCount += 1;
      else if ((run.dialled?.written ?? "") !== "") tunnelCount += 1;
      run.end();
    }),
    { seed: SEED, numRuns: 3_000 },
  );
  expect(Math.min(tunnelCount, requestCount)).toBeGreaterThan(50);
});
