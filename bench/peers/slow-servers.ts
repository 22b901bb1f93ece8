/**
 * Servers on many addresses of one port, all in this process, each of which takes its time to
 * answer: with enough callers, as many requests are under way at them as there are callers.
 * Arguments: the port, then the addresses.
 */
import { createServer, type Socket } from "node:net";

const ANSWER_MS = 110;
const FLUSH_MS = 5;
const BACKLOG = 4_096;
const BODY = "0123456789abcdef".repeat(6);
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

/** In the order in which they came. A request has no body, and comes in one piece. */
let waiting: { readonly socket: Socket; readonly fromMs: number }[] = [];

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  socket.on("data", () => waiting.push({ socket, fromMs: performance.now() }));
  socket.on("error", () => socket.destroy());
}

setInterval(() => {
  const untilMs = performance.now() - ANSWER_MS;
  const next = waiting.findIndex(({ fromMs }) => fromMs > untilMs);
  const due = next < 0 ? waiting : waiting.slice(0, next);
  waiting = next < 0 ? [] : waiting.slice(next);
  for (const { socket } of due) if (socket.writable) socket.write(ANSWER);
}, FLUSH_MS);

const [port = "0", ...addresses] = process.argv.slice(2);
for (const address of addresses) createServer(serve).listen(Number(port), address, BACKLOG);
