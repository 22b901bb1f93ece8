import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { untilInTime } from "../../test/harness/until.ts";
import { runVerb } from "../main.ts";
import {
  createMemoryContext,
  type MemoryContext,
  type MemoryContextOptions,
} from "../memory-context.ts";
import { PROBE_INTERVAL_MS } from "../run/supervised-program.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-run-"));
  await writeFile(join(folder, "file.yaml"), "");
});
afterAll(() => rm(folder, { recursive: true }));

const SERVICES = {
  services: [
    {
      namespace: "default",
      name: "shop",
      ports: [{ key: "svc/default/shop:8080", port: 8080, endpointsReady: 1, endpointsTotal: 1 }],
    },
  ],
};
const READY = { "4192/ready": "ok", "4191/ready": "ok", "4192/services": SERVICES };

/** Lets promises and timers run until `done`; the folder is looked at by real threads. */
async function turn(context: MemoryContext, done: () => boolean): Promise<void> {
  const about = () => `${done}\n${context.io.stderr.text}`;
  await untilInTime(context.timers, PROBE_INTERVAL_MS, about, done);
}

function start(args: readonly string[], options: MemoryContextOptions = {}) {
  const context = createMemoryContext({ answers: READY, workingFolder: "/", ...options });
  return { context, code: runVerb(["run", ...args], context) };
}

describe("heddle run", () => {
  it("starts the operator, then the proxy, and says that it is ready", async () => {
    const { context, code } = start([folder]);
    await turn(context, () => context.spawned.length === 1);
    expect(context.spawned[0]?.args.slice(0, 6)).toEqual([
      "operator",
      folder,
      "--control",
      "127.0.0.1:4190",
      "--operator-admin",
      "127.0.0.1:4192",
    ]);
    await turn(context, () => context.spawned.length === 2);
    expect(context.spawned[1]?.args.slice(0, 7)).toEqual([
      "proxy",
      "--operator",
      "ws://127.0.0.1:4190",
      "--outbound",
      "127.0.0.1:4140",
      "--admin",
      "127.0.0.1:4191",
    ]);
    await turn(context, () => context.io.stdout.text !== "");
    expect(context.io.stdout.text).toContain(
      "ready: send requests to http://127.0.0.1:4140 with the service's name in Host\n" +
        "  try   curl -H 'Host: shop:8080' http://127.0.0.1:4140/\n",
    );
    context.io.raise("SIGTERM");
    await turn(context, () => context.spawned[1]?.signals.length === 1);
    // The proxy goes first.
    expect(context.spawned[0]?.signals).toEqual([]);
    context.spawned[1]?.events.ended("exit code 0");
    await turn(context, () => context.spawned[0]?.signals.length === 1);
    context.spawned[0]?.events.ended("exit code 0");
    expect(await code).toBe(EXIT.ok);
  });

  it("passes on every flag", async () => {
    const line =
      "--inbound 127.0.0.1:0 --app web=127.0.0.1:3000 --app api=127.0.0.1:3001 --egress " +
      "--app-concurrency 20 --app-adaptive --app-queue 5 --app-queue-timeout 1500ms " +
      "--namespace shop --state /var/x --access-log json --log-level warn --outbound 127.0.0.1:0 --limit headBytesMax=4096";
    const { context, code } = start([folder, ...line.split(" ")]);
    await turn(context, () => context.spawned.length === 2);
    const [operator, proxy] = context.spawned.map((one) => one.args.join(" "));
    expect(operator).toContain("--state /var/x --log-level warn --log-format text");
    expect(proxy).toContain("--outbound 127.0.0.1:40001 --inbound 127.0.0.1:40002");
    expect(proxy).toContain("--app web=127.0.0.1:3000 --app api=127.0.0.1:3001");
    const limits = "--app-queue 5 --app-queue-timeout 1.5s --app-concurrency 20 --app-adaptive";
    expect(proxy).toContain(limits);
    expect(proxy).toContain("--namespace shop --egress --limit headBytesMax=4096");
    expect(proxy).toContain("--access-log json --log-level warn");
    await turn(context, () => context.io.stdout.text !== "");
    expect(context.io.stdout.text).toContain("  in    127.0.0.1:40002 for web=127.0.0.1:3000");
    context.io.raise("SIGINT");
    await turn(context, () => context.spawned[1]?.signals.length === 1);
    context.spawned[1]?.events.ended("exit code 0");
    await turn(context, () => context.spawned[0]?.signals.length === 1);
    context.spawned[0]?.events.ended("exit code 0");
    expect(await code).toBe(EXIT.ok);
  });

  it("puts each program's name before its lines", async () => {
    const { context, code } = start([folder]);
    await turn(context, () => context.spawned.length === 1);
    context.spawned[0]?.events.output(new TextEncoder().encode("reading\n"));
    expect(context.io.stderr.text).toBe("operator | reading\n");
    context.spawned[0]?.events.ended("exit code 1");
    expect(await code).toBe(EXIT.failed);
  });

  it("ends when the operator cannot start", async () => {
    const { context, code } = start([folder], { answers: {} });
    await turn(context, () => context.spawned.length === 1);
    context.spawned[0]?.events.ended("exit code 1");
    expect(await code).toBe(EXIT.failed);
    expect(context.io.stderr.text).toContain("the operator could not start (exit code 1)");
    expect(context.io.stdout.text).toBe("");
  });

  it("stops the operator when the proxy cannot start", async () => {
    const { context, code } = start([folder]);
    await turn(context, () => context.spawned.length === 2);
    context.spawned[1]?.events.ended("exit code 1");
    await turn(context, () => context.spawned[0]?.signals.length === 1);
    context.spawned[0]?.events.ended("exit code 0");
    expect(await code).toBe(EXIT.failed);
    expect(context.io.stderr.text).toContain("the proxy could not start");
  });

  it("can be stopped while it starts", async () => {
    const { context, code } = start([folder], { answers: {} });
    await turn(context, () => context.spawned.length === 1);
    context.io.raise("SIGINT");
    await turn(context, () => context.spawned[0]?.signals.length === 1);
    context.spawned[0]?.events.ended("exit code 0");
    expect(await code).toBe(EXIT.ok);
    expect(context.spawned).toHaveLength(1);
  });

  it.each([
    [["--control", "0.0.0.0:4190"], "--control: 0.0.0.0:4190 can be reached from elsewhere"],
    [["--app", "web"], '--app: "web" is not SERVICE=HOST:PORT'],
    [["--app", "web=127.0.0.1:80"], "--app needs --inbound"],
    [["--inbound", "127.0.0.1:80"], "--inbound needs --app"],
    [["--outbund", "127.0.0.1:80"], "did you mean --outbound?"],
  ])("refuses %j", async (args, message) => {
    const { context, code } = start([folder, ...args]);
    expect(await code).toBe(EXIT.usage);
    expect(context.io.stderr.text).toContain(message);
    expect(context.spawned).toEqual([]);
  });

  it("wants a folder that is there", async () => {
    const missing = start([join(folder, "nowhere")]);
    expect(await missing.code).toBe(EXIT.failed);
    expect(missing.context.io.stderr.text).toContain("there is no folder");
    const file = start([join(folder, "file.yaml")]);
    expect(await file.code).toBe(EXIT.failed);
    expect(file.context.io.stderr.text).toContain("is a file; name the folder that it is in");
  });
});
