/**
 * The servers that the resilience bench sends to, all in one process: each serves so many requests
 * at a time, lets the others wait, and never finds out that somebody has stopped waiting. That is
 * what many servers are like. Arguments: the settings as JSON.
 */
import { createServer, type ServerResponse } from "node:http";

export interface ServerSettings {
  readonly port: number;
  readonly serviceMs: number;
  readonly concurrency: number;
}

const BODY = "0123456789abcdef".repeat(6);

function serve({ port, serviceMs, concurrency }: ServerSettings): void {
  const waiting: ServerResponse[] = [];
  let busy = 0;
  const work = (response: ServerResponse): void => {
    busy += 1;
    setTimeout(() => {
      busy -= 1;
      response.end(BODY);
      const next = waiting.shift();
      if (next !== undefined) work(next);
    }, serviceMs);
  };
  const server = createServer((_, response) => {
    if (busy < concurrency) work(response);
    else waiting.push(response);
  });
  server.keepAliveTimeout = 0;
  server.listen(port, "127.0.0.1", 4_096);
}

// What the bench itself has written.
const settings = JSON.parse(process.argv[2] ?? "[]") as readonly ServerSettings[];
for (const one of settings) serve(one);
