/**
 * The injected containers run our own programs with command lines that injection has put
 * together: those programs must take them, and mean by them what was meant.
 */
import { describe, expect, it } from "vitest";
import { parseCommand } from "../../base/flags.ts";
import { drain } from "../../cli/commands/drain.ts";
import { ANNOTATIONS, annotationName } from "../../inject/annotations.ts";
import { type Container, initContainersOf, mapAt, type Pod } from "../../inject/pod.ts";
import { DEFAULT_OPAQUE_PORTS } from "../../proxy/detect/opaque-ports.ts";
import { initCommand, readRedirectSettings } from "../../proxy/init/init-command.ts";
import { proxyCommand } from "../../proxy/main.ts";
import { readInjectedPods } from "../harness/injected-pods.ts";

const PODS = readInjectedPods().filter(({ decision }) => decision.inject);

describe.each(PODS)("the pod $name", ({ injected }) => {
  it("starts a proxy", () => {
    const { env } = containerOf(injected, "heddle-proxy");
    const { flags, positionals } = parseProxy(injected);
    expect(positionals).toEqual([]);
    expect(Array.isArray(env)).toBe(true);
    expect(flags.outbound.host).toBe("localhost");
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

function parseProxy(pod: Pod) {
  return parseCommand(proxyCommand, argsOf(containerOf(pod, "heddle-proxy")));
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
