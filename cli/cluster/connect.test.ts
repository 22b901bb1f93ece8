/** How a cluster is connected to whose kubeconfig leaves it to a program to log in. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { EXIT } from "../../base/program.ts";
import { ManualTimers } from "../../base/timers.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { connectCluster } from "./connect.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "heddle-connect-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function connect(script: string, stop: AbortSignal, timers: ManualTimers) {
  const kubeconfig = join(folder, "config");
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", script],
  };
  const config = {
    "current-context": "dev",
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "u", user: { exec } }],
    contexts: [{ name: "dev", context: { cluster: "c", user: "u" } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const io = { env: process.env, workingFolder: folder, stop };
  const choice = { kubeconfig, context: undefined };
  return connectCluster(choice, { io, clock: new ManualClock(), timers });
}

describe("connectCluster", () => {
  const forEver = new AbortController().signal;
  // It ends with the pipe to its standard input, which this process keeps open.
  const waits = "read answer";

  it("says why nobody can be logged in", async () => {
    await expect(connect("echo expired >&2; exit 1", forEver, new ManualTimers())).rejects.toThrow(
      "the credentials of context dev do not work: the program sh of user credentials " +
        "failed: expired",
    );
  });

  it("does not wait for ever for somebody to log in", async () => {
    const timers = new ManualTimers();
    let failure: unknown;
    connect(waits, forEver, timers).catch((error: unknown) => {
      failure = error;
    });
    await untilInTime(timers, 10_000, "the end of it", () => failure !== undefined);
    expect(failure).toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringContaining("said nothing for 120 s"),
    });
  });

  it("ends when it is told to stop", async () => {
    const stop = new AbortController();
    const connecting = connect(waits, stop.signal, new ManualTimers());
    stop.abort();
    await expect(connecting).rejects.toThrow("stopped");
  });
});
