/** Lines of text over a socket between two processes. */
import type { Duplex } from "node:stream";

/** A longer line is not one of ours, and is thrown away with what follows it. */
const LINE_CHARACTERS_MAX = 4_096;

export class LineLink {
  readonly #stream: Duplex;

  constructor(stream: Duplex, heard: (line: string) => void, lost: () => void) {
    this.#stream = stream;
    let pending = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const lines = `${pending}${text}`.split("\n");
      pending = (lines.pop() ?? "").slice(0, LINE_CHARACTERS_MAX);
      for (const line of lines) heard(line);
    });
    // An error is followed by the close.
    stream.on("error", () => {});
    stream.once("close", lost);
    stream.once("end", () => stream.destroy());
  }

  say(line: string): void {
    if (this.#stream.writable) this.#stream.write(`${line.replaceAll("\n", " ")}\n`);
  }
}
