import { describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext } from "../memory-context.ts";

/** Each question finds so many callers connected; the last number stays. */
async function drain(line: string, counts: readonly number[]) {
  let at = 0;
  const context = createMemoryContext({
    answers: {
      "4191POST /drain": () => {
        const inbound = counts[Math.min(at, counts.length - 1)] ?? 0;
        at += 1;
        const text = JSON.stringify({ stage: "draining", connections: { inbound, outbound: 1 } });
        return { status: 200, text };
      },
    },
  });
  let code: number | null = null;
  const ended = runVerb(["drain", ...line.split(" ").filter((word) => word !== "")], context);
  void ended.then((ends) => {
    code = ends;
  });
  await untilInTime(context.timers, 50, "it returns", () => code !== null);
  const { stdout, stderr } = context.io;
  return { code, said: stdout.text + stderr.text, asked: context.asked.length };
}

describe("heddle drain", () => {
  it("says how many callers are connected, and waits for none", async () => {
    expect(await drain("", [3])).toEqual({
      code: EXIT.ok,
      said: "the proxy at 127.0.0.1:4191 is draining: 3 callers connected\n",
      asked: 1,
    });
  });

  it("waits until they are gone, and have not come back for a second", async () => {
    const { code, said, asked } = await drain("--wait", [3, 0, 1, 0]);
    expect([code, asked]).toEqual([EXIT.ok, 3 + 5]);
    expect(said).toContain("0 callers connected");
  });

  it("has nobody to wait for when its time is over", async () => {
    const { code, asked } = await drain("--wait --timeout 400ms", [1, 0]);
    expect([code, asked]).toEqual([EXIT.ok, 3]);
  });

  it("refuses a limit where nobody waits", async () => {
    expect(await drain("--timeout 2s", [1])).toMatchObject({
      code: EXIT.usage,
      said: expect.stringContaining("--timeout needs --wait"),
      asked: 0,
    });
  });

  it("gives up on those that stay", async () => {
    expect(await drain("--wait --timeout 2s", [1])).toMatchObject({
      code: EXIT.failed,
      said: "heddle drain: the proxy at 127.0.0.1:4191 has 1 caller connected after 2s\n",
    });
  });
});

describe("heddle shutdown", () => {
  it("asks the proxy to end", async () => {
    const connections = { inbound: 2, outbound: 0 };
    const context = createMemoryContext({
      answers: { "4191POST /shutdown": { stage: "stopping", connections } },
    });
    expect(await runVerb(["shutdown"], context)).toBe(EXIT.ok);
    expect(context.io.stdout.text).toBe(
      "the proxy at 127.0.0.1:4191 is stopping: 2 inbound and 0 outbound connections open\n",
    );
  });

  it("says where it looked for a proxy", async () => {
    const context = createMemoryContext({});
    expect(await runVerb(["shutdown", "--admin", "127.0.0.1:9"], context)).toBe(EXIT.unavailable);
    expect(context.io.stderr.text).toContain("cannot reach the proxy at 127.0.0.1:9");
  });
});
