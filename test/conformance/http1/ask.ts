/** Puts a case to a judge over its socket, and reads the verdict from what it answers. */
import { request } from "node:http";
import { connect } from "node:net";
import { SEEN } from "./origin.ts";
import { MARKER } from "./request-corpus.ts";

/** The verdict on a request case, in the words of the corpus. */
export function askRequests(socketPath: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    let answer = "";
    socket.on("data", (data: Buffer) => {
      answer += data.toString("latin1");
    });
    // Who refuses may close while we still write: what it said before counts.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve(readVerdict(answer)));
    socket.write(Buffer.from(text + MARKER, "latin1"));
  });
}

const ANSWER_HEAD = /HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/g;

/** 504 is HAProxy's: it had passed on what came, and the server waited too. */
const WAITED_FOR_MORE: ReadonlySet<string> = new Set(["408", "504"]);

function readVerdict(answer: string): string {
  const sizes: string[] = [];
  for (const [, status = "", fields = ""] of answer.matchAll(ANSWER_HEAD)) {
    if (status === "100") continue;
    const seen = new RegExp(`^${SEEN}: ([^\\r]*)`, "im").exec(fields)?.[1];
    if (seen === "in-step") return `[${sizes.join(" ")}] in step`;
    if (seen === "tunnel") return `[${sizes.join(" ")}] tunnel`;
    if (seen === undefined) {
      return `[${sizes.join(" ")}] ${WAITED_FOR_MORE.has(status) ? "waits" : status}`;
    }
    sizes.push(seen);
  }
  return sizes.length === 0 ? "[] waits" : `[${sizes.join(" ")}] closes`;
}

/** The verdict on response case `index`: what a client is given, in the words of the corpus. */
export function askResponse(socketPath: string, index: number): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: `/case/${index}`, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      let size = 0;
      response.on("data", (data: Buffer) => {
        size += data.length;
      });
      response.on("end", () => resolve(status === 502 ? "refused" : `${status} with ${size}`));
      response.on("error", () => resolve(`${status} cut`));
    });
    asked.on("upgrade", (_response, socket) => {
      socket.destroy();
      resolve("101 tunnel");
    });
    asked.on("error", () => resolve("refused"));
    asked.end();
  });
}

/** Runs the tasks, at most `parallel` at a time, and gives their results in order. */
export async function runAll<T>(tasks: readonly (() => Promise<T>)[], parallel: number) {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < tasks.length) {
      const index = next++;
      results[index] = await tasks[index]!();
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results;
}
