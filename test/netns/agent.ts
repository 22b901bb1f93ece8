/**
 * Runs inside of a namespace and does what it is told on standard input, a line at a time: one
 * process for many connections, each of which would otherwise cost the start of a program.
 */
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import type { AgentAnswer, AgentRequest } from "./agent-messages.ts";

/** Whoever is neither refused nor greeted by then is lost. */
const DIAL_MS_MAX = 20_000;

createInterface({ input: process.stdin }).on("line", (line) => {
  // The test beside it wrote the line.
  const request = JSON.parse(line) as AgentRequest;
  if (request.do === "listen") listen(request.id, request.port);
  else dial(request);
});

function listen(id: number, port: number): void {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    socket.end(`${port}`);
  });
  server.on("error", (error: NodeJS.ErrnoException) => {
    answer({ id, text: "", error: error.code ?? error.message, firstByteMs: -1 });
  });
  server.listen({ port, host: "::" }, () => answer({ id, text: "", error: "", firstByteMs: -1 }));
}

function dial({ id, host, port, reply }: AgentRequest & { readonly do: "dial" }): void {
  const startedMs = performance.now();
  let firstByteMs = -1;
  let text = "";
  let failure = "";
  const socket = connect({ host, port });
  socket.setTimeout(DIAL_MS_MAX, () => socket.destroy(new Error("silence")));
  socket.on("data", (bytes) => {
    if (firstByteMs < 0) {
      firstByteMs = performance.now() - startedMs;
      if (reply !== "") socket.write(reply);
    }
    text += bytes.toString();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code ?? error.message;
  });
  socket.on("close", () => answer({ id, text, error: failure, firstByteMs }));
}

function answer(message: AgentAnswer): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
