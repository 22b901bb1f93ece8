/** `heddle webhook` as a whole program in the test's process, and questions to it over TLS. */
import { Agent, request } from "node:https";
import { MemoryIo } from "../../base/memory-io.ts";
import { runProgram } from "../../base/program.ts";
import { isRecord } from "../../base/shape.ts";
import { webhook } from "../../webhook/main.ts";

/** What the webhook answered, its patch decoded. */
export interface AnsweredReview {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch: readonly {
    readonly op: string;
    readonly path: string;
    readonly value?: unknown;
  }[];
  readonly warnings: readonly string[];
  readonly message: string;
}

export class WebhookProcess {
  readonly io: MemoryIo;
  readonly #running: Promise<number>;
  #port = 0;
  #admin = "";

  private constructor(io: MemoryIo, args: readonly string[]) {
    this.io = io;
    this.#running = runProgram(webhook, args, io);
  }

  static async start(
    folder: string,
    args: readonly string[],
    /** 0 lets the system choose. */
    port = 0,
  ): Promise<WebhookProcess> {
    const io = new MemoryIo({ workingFolder: folder });
    const ports = ["--address", `127.0.0.1:${port}`, "--webhook-admin", "127.0.0.1:0"];
    const started = new WebhookProcess(io, [...ports, "--drain-time", "0s", ...args]);
    await Promise.race([
      io.stderr.until(/address=\S+ admin=\S+/),
      started.#running.then((code) => {
        throw new Error(`the webhook ended with ${code}: ${io.stderr.text}`);
      }),
    ]);
    const [, chosen = "", admin = ""] =
      /address=127\.0\.0\.1:(\d+) admin=(\S+)/.exec(io.stderr.text) ?? [];
    started.#port = Number(chosen);
    started.#admin = admin;
    return started;
  }

  get port(): number {
    return this.#port;
  }

  async admin(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://${this.#admin}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** The value of the series; 0 where there is none. */
  async metric(series: string): Promise<number> {
    const { text } = await this.admin("/metrics");
    const line = text.split("\n").find((one) => one.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  /** Each over a connection of its own. Rejects when the certificate is not of `ca`. */
  async ask(path: string, review: object, ca: string): Promise<AnsweredReview> {
    const { status, text } = await this.post(path, JSON.stringify(review), ca);
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return readAnswer(JSON.parse(text));
  }

  post(path: string, body: string, ca: string, saidBytes = 0): Promise<PostAnswer> {
    return post({ port: this.#port, path, ca }, body, saidBytes);
  }

  /** Resolves to the exit code. */
  async stop(): Promise<number> {
    this.io.raise("SIGTERM");
    return await this.#running;
  }
}

export interface PostAnswer {
  readonly status: number;
  readonly text: string;
  readonly connection: string;
}

/** Over a connection of its own. Of `saidBytes` the length is said, and nothing sent. */
export function post(
  to: { readonly port: number; readonly path: string; readonly ca: string },
  body: string,
  saidBytes = 0,
): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const said = saidBytes === 0 ? {} : { "content-length": saidBytes };
    const headers = { "content-type": "application/json", ...said };
    const place = { ...to, host: "127.0.0.1", agent: new Agent({ keepAlive: true }) };
    const sent = request({ ...place, method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        const { connection = "" } = response.headers;
        resolve({ status: response.statusCode ?? 0, text, connection });
        place.agent.destroy();
      });
      response.on("error", reject);
    });
    sent.on("error", reject);
    if (saidBytes === 0) sent.end(body);
    else sent.flushHeaders();
  });
}

function readAnswer(value: unknown): AnsweredReview {
  const response = isRecord(value) && isRecord(value.response) ? value.response : {};
  const { uid, allowed, patch, warnings, status } = response;
  const encoded = typeof patch === "string" ? patch : "";
  return {
    uid: String(uid),
    allowed: allowed === true,
    patch: encoded === "" ? [] : JSON.parse(Buffer.from(encoded, "base64").toString()),
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    message: isRecord(status) ? String(status.message) : "",
  };
}
