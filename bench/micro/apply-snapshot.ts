/** What a proxy does between a control message of 1,000 endpoints and its data path. */
import { ManualTimers } from "../../base/timers.ts";
import { decodeOperatorMessage } from "../../mesh/decode-message.ts";
import { Configuration } from "../../proxy/control/configuration.ts";
import {
  createFrames,
  destination,
  endpoint,
  FakeTable,
  range,
  service,
} from "../../test/harness/fake-table.ts";
import { runMicroBench } from "./harness.ts";

const WEB = service("web");
const frames = createFrames();
const table = new FakeTable();

function textOf(frame: Uint8Array | undefined): string {
  if (frame === undefined) throw new Error("there is no such frame");
  return Buffer.from(frame).toString();
}

/** Two revisions that differ in one endpoint, as they come over the wire. */
function put(state: "ready" | "serving") {
  const identity = "spiffe://cluster.local/ns/shop/sa/web";
  const endpoints = range(1000).map((index) => endpoint(index, { identity }));
  endpoints[500] = endpoint(500, { identity, state });
  return table.put("endpoints", WEB, { service: WEB, source: "files", synced: true, endpoints });
}

const timers = new ManualTimers();
const configuration = new Configuration({ clock: timers.clock, timers });
configuration.beginSession(true);
configuration.attach({ send: () => {} });
configuration.watch(WEB);

function take(text: string): number {
  const message = decodeOperatorMessage(text);
  if (message.message !== "snapshot" && message.message !== "delta") throw new Error(text);
  configuration.receive(message, text);
  // Large ones are taken over several turns.
  timers.advance(1);
  return text.length;
}

take(textOf(frames.snapshot(table.put("destination", WEB, destination("web", ["web"])))));
const one = put("ready");
const snapshotOne = textOf(frames.snapshot(one));
const two = put("serving");
const snapshotTwo = textOf(frames.snapshot(two));
const deltaToTwo = textOf(frames.delta(two, one.revision));
frames.snapshot(one);
const deltaToOne = textOf(frames.delta(one, two.revision));
take(snapshotOne);

function alternate(texts: readonly [string, string]): (times: number) => number {
  return (times) => {
    let length = 0;
    // Always pairs, so that each run ends where it began and every delta finds its base.
    for (let index = 0; index < times; index += 1) length += take(texts[0]) + take(texts[1]);
    return length;
  };
}

runMicroBench([
  { name: "two snapshots of 1,000 endpoints", run: alternate([snapshotTwo, snapshotOne]) },
  { name: "two deltas of one in 1,000 endpoints", run: alternate([deltaToTwo, deltaToOne]) },
]);
const live = configuration.watch(WEB);
if (typeof live === "string") throw new Error("nothing was applied");
configuration.stop();
