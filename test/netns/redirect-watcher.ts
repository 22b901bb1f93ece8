/**
 * Stands in a pod where a proxy would, and tells of each connection where the kernel says that it
 * was to go. A line on standard input makes it prove interception. All output is lines of JSON.
 */
import { createInterface } from "node:readline";
import { silentLog } from "../../base/log.ts";
import { readOwnFamilies } from "../../base/platform/own-addresses.ts";
import { createSystemRandom, systemClock, systemTimers } from "../../base/platform/system.ts";
import { createNodeNetwork } from "../../proxy/net/node-network.ts";
import { openListeners } from "../../proxy/net/open-listeners.ts";
import { OpenSockets } from "../../proxy/net/open-sockets.ts";
import { loadSocketCalls } from "../../proxy/net/socket-calls.ts";
import type { Stream } from "../../proxy/net/stream.ts";
import { InterceptionProof } from "../../proxy/transparent/interception-proof.ts";
import type { WatcherLine } from "./watcher-lines.ts";

const OUTBOUND_PORT = 4_140;
const INBOUND_PORT = 4_143;

const sockets = new OpenSockets(null);
const network = createNodeNetwork({ calls: await loadSocketCalls(), sockets });
const proof = new InterceptionProof({
  network,
  sockets,
  clock: systemClock,
  timers: systemTimers,
  random: createSystemRandom(),
  log: silentLog,
  userId: process.getuid?.() ?? null,
  usedFamilies: readOwnFamilies,
});

await open("localhost", OUTBOUND_PORT, "outbound");
await open("::", INBOUND_PORT, "inbound");
say({ tells: "open" });

createInterface({ input: process.stdin }).on("line", async () => {
  await proof.check();
  const outcomes = proof.families.map(({ outcome }) => outcome);
  say({ tells: "proof", outcomes, problem: proof.problem });
});

async function open(host: string, port: number, door: "outbound" | "inbound"): Promise<void> {
  const accept = (stream: Stream): void => {
    const meant = stream.originalDestination();
    if (door === "outbound" && proof.takes(stream, meant)) return;
    const { remoteAddress: from, localAddress: at } = stream;
    say({ tells: "connection", door, from, at, meant });
    const greeting = Buffer.from(door);
    stream.write(greeting, 0, greeting.length);
    stream.end();
  };
  await openListeners(network, { host, port, backlog: 16, refusesOwn: true, accept }, silentLog);
}

function say(line: WatcherLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
