import { describe, expect, it } from "vitest";
import { MemoryIo } from "./memory-io.ts";
import { EXIT, ProgramError, runProgram, UsageError, whenAborted } from "./program.ts";

const failing = (error: unknown) => ({
  name: "demo",
  summary: "fails",
  run: () => Promise.reject(error),
});

describe("runProgram", () => {
  it("passes the program's own code on", async () => {
    const program = { name: "demo", summary: "", run: () => Promise.resolve(7) };
    expect(await runProgram(program, [], new MemoryIo())).toBe(7);
  });

  it("says in one line what is wrong with the command line", async () => {
    const io = new MemoryIo();
    expect(await runProgram(failing(new UsageError("no such flag")), [], io)).toBe(EXIT.usage);
    expect(io.stderr.text).toBe('heddle demo: no such flag\nTry "heddle demo --help".\n');
  });

  it("uses the code that a failure carries, without a stack", async () => {
    const io = new MemoryIo();
    const error = new ProgramError("port 4140 is in use", EXIT.unavailable);
    expect(await runProgram(failing(error), [], io)).toBe(EXIT.unavailable);
    expect(io.stderr.text).toBe("heddle demo: port 4140 is in use\n");
  });

  it("shows the stack of a defect", async () => {
    const io = new MemoryIo();
    expect(await runProgram(failing(new TypeError("x is undefined")), [], io)).toBe(EXIT.internal);
    expect(io.stderr.text).toContain("TypeError: x is undefined\n    at ");
  });
});

describe("MemoryIo", () => {
  it("hands a signal to the program as an abort", async () => {
    const io = new MemoryIo();
    const ended = whenAborted(io.stop).then(() => String(io.stop.reason));
    io.raise("SIGTERM");
    expect(await ended).toBe("SIGTERM");
    await whenAborted(io.stop);
  });

  it("waits for a part of the output", async () => {
    const io = new MemoryIo();
    const seen = io.stdout.until(/^ready/m);
    io.stdout.write("starting\n");
    io.stdout.write("ready on 127.0.0.1:4140\n");
    await seen;
  });
});
