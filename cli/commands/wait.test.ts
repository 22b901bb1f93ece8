import { describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext } from "../memory-context.ts";

interface Sight {
  readonly generation?: number;
  readonly programmed?: [status: string, reason: string];
  readonly accepted?: [status: string, reason: string];
}

function objects({ generation = 2, programmed = ["True", "Programmed"], accepted }: Sight) {
  const condition = (type: string, [status, reason]: [string, string]) => ({
    type,
    status,
    reason,
    message: "because",
    observedGeneration: generation,
  });
  return {
    objects: [
      {
        ref: { kind: "TrafficSplit", namespace: "shop", name: "web", generation },
        proxies: "3/4",
        conditions: [
          condition("Accepted", accepted ?? ["True", "Accepted"]),
          condition("Programmed", programmed),
        ],
      },
    ],
  };
}

/** Each question gets the next sight; the last one stays. */
async function wait(line: string, sights: readonly (Sight | null)[]) {
  let at = 0;
  const context = createMemoryContext({
    answers: {
      "4192/objects": () => {
        const sight = sights[Math.min(at, sights.length - 1)] ?? null;
        at += 1;
        const answer = sight === null ? { objects: [] } : objects(sight);
        return { status: 200, text: JSON.stringify(answer) };
      },
    },
  });
  let isDone = false;
  const code = runVerb(["wait", ...line.split(" ")], context).finally(() => {
    isDone = true;
  });
  await untilInTime(context.timers, 250, "the end of the verb", () => isDone);
  return { code: await code, context, asked: at };
}

describe("heddle wait", () => {
  it("ends when the condition is true", async () => {
    const { code, context, asked } = await wait("split/web -n shop", [
      null,
      { programmed: ["False", "Pending"] },
      {},
    ]);
    expect(code).toBe(EXIT.ok);
    expect(asked).toBe(3);
    expect(context.io.stdout.text).toBe("split/web Programmed: Programmed (proxies 3/4)\n");
    expect(context.asked[0]).toBe("4192/objects?kind=TrafficSplit&namespace=shop");
  });

  it("waits for a generation", async () => {
    const { asked } = await wait("ts/web --generation 3", [{}, {}, { generation: 3 }]);
    expect(asked).toBe(3);
  });

  it("gives up after the time limit and says how far it came", async () => {
    const { code, context } = await wait("ts/web --timeout 1s", [
      { programmed: ["False", "Pending"] },
    ]);
    expect(code).toBe(EXIT.failed);
    expect(context.io.stderr.text).toContain(
      "ts/web is not Programmed after 1s: Pending (proxies 3/4)",
    );
  });

  it("does not wait for what cannot come", async () => {
    const { code, context, asked } = await wait("ts/web", [
      { accepted: ["False", "Invalid"], programmed: ["False", "Pending"] },
    ]);
    expect([code, asked]).toEqual([EXIT.failed, 1]);
    expect(context.io.stderr.text).toContain("will not become Programmed: Invalid: because");
  });

  it.each(["web", "svc/web", "ts/", "ts/a/b"])("does not understand %s", async (target) => {
    const { code } = await wait(target, []);
    expect(code).toBe(EXIT.usage);
  });
});
