import { describe, expect, it } from "vitest";
import { createLog, type LogFormat, type LogLevel, silentLog } from "./log.ts";

const TIME_MS = 1_790_000_000_123;

function createLines(format: LogFormat, level: LogLevel = "debug") {
  const lines: string[] = [];
  const write = (line: string): number => lines.push(line);
  return { lines, log: createLog({ level, format, wallMs: () => TIME_MS, write }) };
}

describe("createLog", () => {
  it("writes text that a person reads", () => {
    const { lines, log } = createLines("text");
    log
      .with({ part: "control" })
      .warn("lost the operator", { address: "127.0.0.1:4190", tries: 3 });
    expect(lines).toEqual([
      "2026-09-21T14:13:20.123Z warn  lost the operator" +
        " part=control address=127.0.0.1:4190 tries=3\n",
    ]);
  });

  it("writes one JSON object a line", () => {
    const { lines, log } = createLines("json");
    log.info("ready", { port: 4140, tls: false, error: null });
    expect(JSON.parse(lines[0] ?? "")).toEqual({
      time: "2026-09-21T14:13:20.123Z",
      level: "info",
      message: "ready",
      port: 4140,
      tls: false,
      error: null,
    });
  });

  it("leaves out what is below its level", () => {
    const { lines, log } = createLines("text", "warn");
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.with({}).error("d");
    expect(lines).toHaveLength(2);
  });

  it.each<LogFormat>(["text", "json"])(
    "is one line of %s, whatever a peer put in a field",
    (format) => {
      const { lines, log } = createLines(format);
      const hostile = 'x\n2026 error forged line\r\n\u001b[2J"quoted" = \u2028';
      log.info("request", { path: hostile, missing: undefined });
      const controls = [...(lines[0] ?? "")].filter((character) => character < " ");
      expect(controls).toEqual(["\n"]);
      expect(lines[0]).not.toContain("missing");
      if (format === "json") expect(JSON.parse(lines[0] ?? "")).toMatchObject({ path: hostile });
    },
  );

  it("lets later fields win over bound ones", () => {
    const { lines, log } = createLines("json");
    log.with({ a: 1, b: 1 }).info("x", { b: 2 });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ a: 1, b: 2 });
  });
});

describe("silentLog", () => {
  it("takes everything and is its own child", () => {
    expect(silentLog.with({ a: 1 })).toBe(silentLog);
    expect(silentLog.error("x")).toBeUndefined();
  });
});
