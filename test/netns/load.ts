/**
 * Runs inside of a namespace as an application that asks one thing over and over: `load.ts METHOD
 * HOST PORT CALLERS`. When its standard input ends it prints how often it saw which outcome.
 */
import { SteadyLoad } from "../harness/steady-load.ts";

const PAUSE_MS = 10;
const SAY_EVERY = 100;
const BODY = "x".repeat(2_000);

const [method = "GET", address = "", port = "80", callers = "4"] = process.argv.slice(2);
const load = new SteadyLoad({
  address,
  port: Number(port),
  host: address,
  callers: Number(callers),
  method,
  body: method === "POST" ? BODY : "",
  pauseMs: PAUSE_MS,
});
process.stdin.resume();
process.stdin.once("end", () => {
  void load.stop().then((outcomes) => console.log(`outcomes ${JSON.stringify(outcomes)}`));
});
for (let count = SAY_EVERY; process.stdin.readable; count += SAY_EVERY) {
  await load.more(SAY_EVERY);
  console.log(`answered ${count}`);
}
