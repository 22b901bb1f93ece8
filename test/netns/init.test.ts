/** `heddle init` on a real kernel: what it sets, what that does to connections, its undoing. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../../tools/system-packages.ts";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, PROXY_UID } from "../harness/pod.ts";
import type { PodAgent } from "../harness/pod-agent.ts";
import { PodNetwork } from "../harness/pod-network.ts";

type Backend = "nft" | "iptables-nft" | "iptables-legacy";
const BACKENDS: readonly Backend[] = ["nft", "iptables-nft", "iptables-legacy"];
const PROBE = { ipv4: "192.0.2.1", ipv6: "2001:db8::1", port: 4199 };

/** All that any backend could have set. */
const STATES = [
  ["nft", "list", "ruleset"],
  ["iptables-legacy-save"],
  ["ip6tables-legacy-save"],
] as const;

describeInNamespaces("heddle init", () => {
  let network: PodNetwork;
  /** Has the rules. Its applications and its proxy listen there. */
  let pod: Pod;
  let other: Pod;
  let app: PodAgent;
  let proxy: PodAgent;
  let outside: PodAgent;
  let service: { readonly ipv4: string; readonly ipv6: string };
  let untouched: string;

  beforeAll(async () => {
    network = new PodNetwork();
    pod = network.addPod("pod");
    other = network.addPod("other");
    app = pod.startAgent({ uid: APP_UID });
    proxy = pod.startAgent({ uid: PROXY_UID });
    outside = other.startAgent();
    for (const port of [4140, 4143, 4191]) await proxy.listen(port);
    for (const port of [8080, 9000]) await app.listen(port);
    for (const port of [8080, 9000]) await outside.listen(port);
    service = network.addService(80, [{ pod: other, port: 8080 }]);
    untouched = await state();
  });

  afterAll(async () => {
    await network.close();
  });

  async function undo(): Promise<void> {
    expect(await pod.heddle(["init", "--undo"])).toMatchObject({ code: 0, stderr: "" });
  }

  async function state(): Promise<string> {
    const results = await Promise.all(STATES.map((command) => pod.run(command)));
    return results.map(({ stdout }) => stdout.replace(/^#.*\n/gm, "")).join("\n");
  }

  async function apply(backend: string, args: readonly string[] = []): Promise<void> {
    const result = await pod.heddle(["init", "--backend", backend, "-o", "json", ...args]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(result.stdout)).toMatchObject({ backend, missing: [], foreign: [] });
  }

  describe.each(BACKENDS.filter(isInstalled))("by %s", (backend) => {
    afterAll(undo);

    describe("with the defaults", () => {
      beforeAll(() => apply(backend));

      it.each(["ipv4", "ipv6"] as const)("redirects what goes out, %s", async (family) => {
        expect(await app.dial(service[family], 80)).toBe("4140");
        expect(await app.dial(other[family], 9000)).toBe("4140");
        // Where nobody is, the proxy still is.
        expect(await app.dial(service[family], 81)).toBe("4140");
      });

      it.each(["ipv4", "ipv6"] as const)("redirects what comes in, %s", async (family) => {
        expect(await outside.dial(pod[family], 8080)).toBe("4143");
        expect(await outside.dial(pod[family], 1)).toBe("4143");
        expect(await outside.dial(pod[family], 4191)).toBe("4191");
      });

      it("lets the proxy's user out, but for the probe", async () => {
        expect(await proxy.dial(service.ipv4, 80)).toBe("8080");
        expect(await proxy.dial(other.ipv6, 9000)).toBe("9000");
        for (const host of [PROBE.ipv4, PROBE.ipv6]) {
          expect(await proxy.dial(host, PROBE.port)).toBe("4140");
          expect(await proxy.dial(host, PROBE.port - 1)).toMatch(/E(NET|HOST)UNREACH|EACCES/);
        }
      });

      it("leaves lo alone", async () => {
        for (const host of ["127.0.0.1", "::1", pod.ipv4, pod.ipv6]) {
          expect(await app.dial(host, 8080)).toBe("8080");
          expect(await proxy.dial(host, 8080)).toBe("8080");
        }
      });
    });

    it("skips ports, subnets and users", async () => {
      await apply(backend, [
        "--skip-inbound-ports=8080,1-10",
        "--skip-outbound-ports=8999-9001",
        `--uid=${PROXY_UID},0`,
      ]);
      expect(await outside.dial(pod.ipv4, 8080)).toBe("8080");
      expect(await outside.dial(pod.ipv6, 9000)).toBe("4143");
      expect(await app.dial(other.ipv4, 9000)).toBe("9000");
      expect(await app.dial(other.ipv6, 8080)).toBe("4140");
      expect(await app.dial("::1", 4567)).toBe("ECONNREFUSED");
      await apply(backend, [`--skip-subnets=${other.ipv4},fd00:244::/64`]);
      for (const family of ["ipv4", "ipv6"] as const) {
        expect(await app.dial(other[family], 9000)).toBe("9000");
        expect(await outside.dial(pod[family], 8080)).toBe("8080");
        expect(await app.dial(service[family], 80)).toBe("4140");
      }
    });

    it("redirects IPv4 alone", async () => {
      await apply(backend);
      await apply(backend, ["--ipv6", "off"]);
      expect(await app.dial(service.ipv4, 80)).toBe("4140");
      expect(await app.dial(service.ipv6, 80)).toBe("8080");
      expect(await outside.dial(pod.ipv6, 8080)).toBe("8080");
    });

    it("is the same when set again, and leaves no trace", async () => {
      // A legacy table is there for good once it was used.
      await apply(backend);
      await undo();
      const before = await state();
      if (backend !== "iptables-legacy") expect(before).toBe(untouched);
      await apply(backend, ["--skip-outbound-ports", "1-1000"]);
      await apply(backend);
      const once = await state();
      expect(once).not.toBe(before);
      await apply(backend);
      expect(stripHandles(await state())).toBe(stripHandles(once));
      const undone = await pod.heddle(["init", "--undo", "-o", "json"]);
      expect(JSON.parse(undone.stdout)).toEqual({ removed: [backend] });
      expect(await state()).toBe(before);
      const again = await pod.heddle(["init", "--undo"]);
      expect(again).toEqual({ code: 0, stdout: "there was nothing to remove\n", stderr: "" });
      expect(await app.dial(service.ipv4, 80)).toBe("8080");
    });

    it("notices what others changed", async () => {
      await undo();
      const absent = await pod.heddle(["init", "--check", "--backend", backend]);
      expect(absent.code).toBe(1);
      expect(absent.stderr).toContain("missing");
      await apply(backend);
      expect(await pod.heddle(["init", "--check"])).toMatchObject({ code: 0, stderr: "" });
      await pod.run(TAMPERING[backend]);
      const changed = await pod.heddle(["init", "--check"]);
      expect(changed.code).toBe(1);
      expect(changed.stderr).toMatch(/foreign .*(?:dport 22 return|--dport 22 -j RETURN)/);
    });

    it("changes nothing on a dry run", async () => {
      const before = await state();
      const { code, stdout } = await pod.heddle(["init", "--dry-run", "--backend", backend]);
      expect(code).toBe(0);
      expect(stdout).toContain(backend === "nft" ? "table inet heddle" : ":HEDDLE_OUTBOUND");
      expect(await state()).toBe(before);
    });
  });

  it("replaces what another backend set", async () => {
    await apply("iptables-nft");
    await apply("iptables-legacy");
    await apply("nft");
    const { stdout } = await pod.heddle(["init", "--undo", "-o", "json"]);
    expect(JSON.parse(stdout)).toEqual({ removed: ["nft"] });
  });

  it("leaves the rules of others in place", async () => {
    // Both chains, since an empty one that the kernel needs may stay when there is another.
    for (const chain of ["OUTPUT", "PREROUTING"]) {
      await pod.run(["iptables-nft", "-t", "nat", "-A", chain, "-p", "udp", "-j", "RETURN"]);
    }
    await pod.run(["nft", "add table inet mine; add chain inet mine heddle"]);
    const before = await state();
    for (const backend of BACKENDS.slice(0, 2)) {
      await apply(backend);
      await undo();
      expect(await state()).toBe(before);
    }
    await pod.run(["nft", "delete table inet mine; delete table ip nat"]);
  });

  it("says what it needs", async () => {
    const asUser = await pod.heddle(["init"], { uid: APP_UID });
    expect(asUser.code).toBe(1);
    expect(asUser.stderr).toContain("it needs the capability NET_ADMIN");
  });
});

/** Lets SSH out, as an administrator in a hurry would. */
const TAMPERING: Readonly<Record<Backend, readonly string[]>> = {
  nft: ["nft", "insert rule inet heddle outbound tcp dport 22 return"],
  "iptables-nft": tamper("ip6tables-nft"),
  "iptables-legacy": tamper("iptables-legacy"),
};

function isInstalled(backend: Backend): boolean {
  return findProgram(backend) !== undefined;
}

function tamper(program: string): readonly string[] {
  const rule = "-t nat -I HEDDLE_OUTBOUND 1 -p tcp --dport 22 -j RETURN";
  return [program, ...rule.split(" ")];
}

function stripHandles(text: string): string {
  return text.replace(/(?:packets|bytes) \d+/g, "").replace(/\[\d+:\d+\]/g, "");
}
