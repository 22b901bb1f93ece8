import { describe, expect, it } from "vitest";
import { createSpawn, SUPERVISED_VARIABLE } from "./spawn.ts";

/** Runs a line of JavaScript as if it were a program of Heddle. */
function start(code: string) {
  const ended = Promise.withResolvers<string>();
  let output = "";
  const spawn = createSpawn({
    command: [process.execPath, "-e", code],
    workingFolder: process.cwd(),
    env: { PATH: process.env.PATH },
  });
  const child = spawn(["one", "two"], {
    output: (bytes) => {
      output += new TextDecoder().decode(bytes);
    },
    ended: (how) => ended.resolve(how),
  });
  return { child, ended: ended.promise, output: () => output };
}

describe("createSpawn", () => {
  it("passes arguments on and tells the program that it is supervised", async () => {
    const code = `console.log(process.argv.slice(1), process.env.${SUPERVISED_VARIABLE})`;
    const { ended, output } = start(code);
    expect(await ended).toBe("exit code 0");
    expect(output()).toBe("[ 'one', 'two' ] 1\n");
  });

  it("tells of a signal", async () => {
    const { child, ended } = start("process.stdin.resume()");
    child.signal("SIGKILL");
    expect(await ended).toBe("SIGKILL");
  });

  it("ends at once when the program cannot be started", async () => {
    const ended = Promise.withResolvers<string>();
    createSpawn({ command: ["/nonexistent/heddle"], workingFolder: "/", env: {} })([], {
      output: () => {},
      ended: (how) => ended.resolve(how),
    });
    expect(await ended.promise).toContain("could not be started");
  });
});
