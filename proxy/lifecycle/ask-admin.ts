/** One question to the admin port of a proxy, this process's own or another's. */
import { request } from "node:http";
import type { Address } from "../../base/address.ts";

export interface AdminAnswer {
  readonly status: number;
  readonly text: string;
}

/** Rejects where there is no answer in time. */
export function askAdmin(
  { host, port }: Address,
  method: "GET" | "POST",
  path: string,
  withinMs: number,
): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(withinMs);
    const headers = { connection: "close" };
    const sent = request({ host, port, path, method, headers, signal }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on("error", reject);
    sent.end();
  });
}
