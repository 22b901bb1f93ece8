/**
 * The injected containers run our own programs with command lines that injection has put
 * together: those programs must take them, and mean by them what was meant.
 */
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../base/flags.ts";
import { drain } from "../../cli/commands/drain.ts";
import { annotationName } from "../../inject/annotation-row.ts";
import { ANNOTATIONS } from "../../inject/annotations.ts";
import { type Container, initContainersOf, mapAt, mapsAt, type Pod } from "../../inject/pod.ts";
import { LIMIT_RANGES, WORKERS_MAX } from "../../inject/proxy-limits.ts";
import { LIMIT_ROWS, parseLimits } from "../../proxy/app-limits.ts";
import { DEFAULT_OPAQUE_PORTS } from "../../proxy/detect/opaque-ports.ts";
import { initCommand, readRedirectSettings } from "../../proxy/init/init-command.ts";
import { proxyCommand } from "../../proxy/main.ts";
import { readInjectedPods } from "../harness/injected-pods.ts";

const PODS = readInjectedPods().filter(({ decision }) => decision.inject);

describe.each(PODS)("the pod $name", ({ name, injected }) => {
  it("starts a proxy", () => {
    const { flags, positionals } = parseProxy(injected);
    expect(positionals).toEqual([]);
    expect(flags.outbound.host).toBe("localhost");
    const seconds = injected.spec.terminationGracePeriodSeconds ?? 30;
    const wanted = name === "every-option" ? 45_000 : Number(seconds) * 1000;
    expect(flags["grace-time"]).toBe(wanted);
    parseLimits(flags.limit, flags.transparent);
  });

  it("redirects to that proxy, and not the proxy itself", () => {
    const { flags } = parseProxy(injected);
    if (!flags.transparent) {
      expect(initContainersOf(injected).map(({ name }) => name)).not.toContain("heddle-init");
      return;
    }
    const line = argsOf(containerOf(injected, "heddle-init"));
    const settings = readRedirectSettings(parseCommand(initCommand, line).flags, true);
    expect(settings.inboundPort).toBe(flags.inbound?.port);
    expect(settings.outboundPort).toBe(flags.outbound.port);
    expect(settings.adminPort).toBe(flags.admin.port);
    const security = mapAt(containerOf(injected, "heddle-proxy"), "securityContext");
    expect(settings.uids).toEqual([security.runAsUser]);
  });

  it("drains the proxy that it starts", () => {
    const lifecycle = mapAt(containerOf(injected, "heddle-proxy"), "lifecycle");
    const command = mapAt(mapAt(lifecycle, "preStop"), "exec").command;
    const [program, verb, ...line] = Array.isArray(command) ? command.map(String) : [];
    expect([program, verb]).toEqual(["heddle", "drain"]);
    const { admin } = parseCommand(drain.spec, line).flags;
    expect(admin).toEqual({ host: "127.0.0.1", port: parseProxy(injected).flags.admin.port });
  });
});

describe("bounds that would keep a proxy from starting", () => {
  it("are the proxy's own", () => {
    const rows = Object.entries(LIMIT_ROWS).map(([name, { min, max }]) => [name, [min, max]]);
    expect(LIMIT_RANGES).toEqual(Object.fromEntries(rows));
    expect(WORKERS_MAX).toBe(proxyCommand.flags.workers.max);
  });
});

describe("what the page of annotations says is left to the programs", () => {
  it.each([
    ["opaque-ports", DEFAULT_OPAQUE_PORTS],
    ["skip-inbound-ports", initCommand.flags["skip-inbound-ports"].default],
    ["skip-outbound-ports", initCommand.flags["skip-outbound-ports"].default],
    ["log-level", proxyCommand.flags["log-level"].default],
    ["log-format", proxyCommand.flags["log-format"].default],
    ["access-log", proxyCommand.flags["access-log"].default],
    ["start-without-operator-after", proxyCommand.flags["start-without-operator-after"].default],
  ])("%s is %s by default", (name, value) => {
    const row = ANNOTATIONS.find((one) => annotationName(one) === `heddle.mesh/${name}`);
    expect(row?.default).toBe(`\`${value}\``);
  });
});

/** In the environment that its container has. */
function parseProxy(pod: Pod) {
  const container = containerOf(pod, "heddle-proxy");
  const variables = mapsAt(container, "env").flatMap(({ name, value }) =>
    typeof value === "string" ? [[String(name), value] as const] : [],
  );
  return parseCommand(proxyCommand, argsOf(container), Object.fromEntries(variables));
}

/** Without the first, which names the program. */
function argsOf({ args }: Container): readonly string[] {
  return Array.isArray(args) ? args.slice(1).map(String) : [];
}

function containerOf(pod: Pod, name: string): Container {
  const found = initContainersOf(pod).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no container ${name}`);
  return found;
}
