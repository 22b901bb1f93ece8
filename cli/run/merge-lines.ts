/**
 * Joins the output of several programs into one stream: whole lines only, each with its program's
 * name before it, so that two lines never run into each other.
 */
import { StringDecoder } from "node:string_decoder";

/** A line longer than this is broken: a program without line breaks must not fill the memory. */
export const LINE_CHARACTERS_MAX = 64 * 1024;

export class LineMerger {
  readonly #prefix: string;
  readonly #write: (line: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  /** `prefix` may be empty; `write` takes one line, its line break included. */
  constructor(prefix: string, write: (line: string) => void) {
    this.#prefix = prefix;
    this.#write = write;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.write(Buffer.from(bytes))).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#emit(line);
    while (this.#rest.length >= LINE_CHARACTERS_MAX) {
      this.#emit(this.#rest.slice(0, LINE_CHARACTERS_MAX));
      this.#rest = this.#rest.slice(LINE_CHARACTERS_MAX);
    }
  }

  /** The program ended: what stands without a line break is a line too. */
  end(): void {
    const last = this.#rest + this.#decoder.end();
    this.#rest = "";
    if (last !== "") this.#emit(last);
  }

  #emit(line: string): void {
    this.#write(`${this.#prefix}${line.endsWith("\r") ? line.slice(0, -1) : line}\n`);
  }
}
