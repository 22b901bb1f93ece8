/** Tells `test/netns/agent.ts`, which runs inside of a pod, to listen and to dial. */
import { createInterface } from "node:readline";
import type { AgentAnswer, AgentRequest } from "../netns/agent-messages.ts";
import type { PodProcess } from "./pod.ts";

type Request = AgentRequest extends infer R ? (R extends unknown ? Omit<R, "id"> : never) : never;

export class PodAgent {
  readonly process: PodProcess;
  readonly #waiting = new Map<number, (answer: AgentAnswer) => void>();
  #asked = 0;

  constructor(process: PodProcess) {
    this.process = process;
    const output = process.child.stdout;
    if (output === null) throw new Error("the agent has no output");
    createInterface({ input: output }).on("line", (line) => {
      // The agent wrote the line.
      const answer = JSON.parse(line) as AgentAnswer;
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    void process.ended.then(({ stderr }) => {
      for (const tell of this.#waiting.values())
        tell({ id: 0, text: "", error: `ended ${stderr}`, firstByteMs: -1 });
    });
  }

  /** Greets whoever connects with the port's number. */
  async listen(port: number): Promise<void> {
    const { error } = await this.#ask({ do: "listen", port });
    if (error !== "") throw new Error(`the agent cannot listen on ${port}: ${error}`);
  }

  /** What was said there until the end, or the error's code. */
  async dial(host: string, port: number): Promise<string> {
    const { text, error } = await this.#ask({ do: "dial", host, port, reply: "" });
    return error === "" ? text : error;
  }

  /** The same, of a server that speaks first and is then told that. */
  greeting(host: string, port: number, reply: string): Promise<AgentAnswer> {
    return this.#ask({ do: "dial", host, port, reply });
  }

  #ask(request: Request): Promise<AgentAnswer> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.process.child.stdin?.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }
}
