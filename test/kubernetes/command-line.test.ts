/** The command line against a real API server, as whoever may do everything there. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MemoryIo } from "../../base/memory-io.ts";
import { EXIT } from "../../base/program.ts";
import { createCli } from "../../cli/main.ts";
import { until } from "../harness/until.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";

/** API servers pass nothing on to loopback addresses: only another one will do. */
const hostAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

const ASK_OPERATORS: ReadonlySet<string> = new Set(["diagnostics", "get", "stat", "wait"]);

const unused = () => Promise.reject(new Error("nobody asked for it"));
const cli = createCli({ operator: unused, webhook: unused, proxy: unused, init: unused });

describe.skipIf(whyNoApiServer())("heddle, in a cluster", () => {
  let api: OwnApiServer;

  beforeAll(async () => {
    api = await useOwnApiServer();
  });

  afterAll(() => api?.close());

  async function heddle(line: string, kubeconfig = api.adminKubeconfig) {
    const io = new MemoryIo({ env: { KUBECONFIG: kubeconfig } });
    const words = line.split(" ");
    // They would ask an operator at the usual address of this machine first, where one runs.
    if (ASK_OPERATORS.has(words[0] ?? "")) words.push("--kubeconfig", kubeconfig);
    const failures: string[] = [];
    let code: number | string;
    try {
      code = await cli.run(words, io);
    } catch (error) {
      failures.push(String(error));
      code = "threw";
    }
    return { code, stdout: io.stdout.text, stderr: io.stderr.text + failures.join() };
  }

  async function parts(): Promise<readonly string[]> {
    const kinds =
      "crd,deploy,svc,sa,cm,secret,role,rolebinding,clusterrole,clusterrolebinding," +
      "mutatingwebhookconfiguration,validatingwebhookconfiguration,netpol,pdb,lease";
    const { stdout } = await api.kubectl([
      ...["get", kinds, "-A", "-l", "heddle.mesh/part-of=heddle", "-o", "name"],
    ]);
    return stdout.split("\n").filter((line) => line !== "");
  }

  it("tells beforehand who may install, and who may not", async () => {
    const admin = await heddle("check --pre -o short");
    expect([admin.code, admin.stdout]).toEqual([
      EXIT.ok,
      "‼ there are no nodes: nothing can run here\n1 warning\n",
    ]);
    await api.serviceAccount({ namespace: "default", name: "dev" });
    const dev = await api.kubeconfigFor({ namespace: "default", name: "dev" });
    const other = await heddle("check --pre -o short", dev);
    expect(other.code).toBe(EXIT.failed);
    expect(other.stdout).toContain("✗ you may not create namespaces, patch namespaces");
    expect(other.stdout).toContain("‼ cannot be looked at: ");
  });

  it("prints what kubectl takes", async () => {
    await api.installCrds();
    const { code, stdout } = await heddle("install --ha");
    expect(code).toBe(EXIT.ok);
    // Into a namespace that is not there yet nothing goes, be it only to try.
    await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "heddle" } });
    const tried = await api.kubectl(["apply", "--dry-run=server", "-f", "-"], { input: stdout });
    expect([tried.code, tried.stderr]).toEqual([0, expect.not.stringContaining("rror")]);
  });

  it("shows what somebody may see of one namespace", async () => {
    const namespace = await api.namespace();
    const account = { namespace, name: "dev" };
    const kubeconfig = await api.kubeconfigFor(account);
    const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: account };
    const rule = { apiGroups: ["heddle.mesh"], resources: ["*"], verbs: ["get", "list", "watch"] };
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "dev" };
    await api.apply(
      { ...rbac, kind: "Role", rules: [rule] },
      { ...rbac, kind: "RoleBinding", roleRef, subjects: [{ kind: "ServiceAccount", ...account }] },
      {
        ...{ apiVersion: "heddle.mesh/v1alpha1", kind: "TrafficSplit" },
        metadata: { namespace, name: "web" },
        spec: { service: "web", backends: [{ service: "web-v1", weight: 1 }] },
      },
    );
    // The API server takes a moment to know of a role that it has stored.
    const asDev = ["--as", `system:serviceaccount:${namespace}:dev`, "-n", namespace];
    const asked = ["auth", "can-i", "list", "trafficsplits.heddle.mesh", ...asDev];
    await until("the role is in force", async () => (await api.kubectl(asked)).code === 0);
    const one = await heddle(`get splits -n ${namespace}`, kubeconfig);
    expect([one.code, one.stderr]).toEqual([
      EXIT.ok,
      // Pods and the Lease are asked for at once: either may be refused first.
      expect.stringMatching(/^what only the operator knows is missing: .+ is forbidden.*\n$/),
    ]);
    expect(one.stdout).toMatch(/ web +heddle\.mesh /);
    const all = await heddle("get splits", kubeconfig);
    expect([all.code, all.stderr]).toEqual([
      EXIT.failed,
      expect.stringMatching(/ at the cluster scope; name one namespace [^;]+-n\n$/),
    ]);
    await api.kubectl(["delete", "trafficsplit", "web", "-n", namespace]);
  });

  it("takes over what kubectl applied, so that nothing stays that is left out later", async () => {
    const metadata = { name: "heddle-view", labels: { "heddle.mesh/part-of": "heddle" } };
    const rule = { apiGroups: ["old.example"], resources: ["things"], verbs: ["get"] };
    await api.apply({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { ...metadata, annotations: { "old.example/left": "out" } },
      rules: [rule],
    });
    const { stderr } = await heddle("install --apply --ha --no-wait --set logFormat=json");
    expect(stderr).toContain("✓ Deployment heddle/heddle-operator created");
    expect(stderr).toContain("✓ ClusterRole heddle-view changed");
    const { stdout } = await api.kubectl(["get", "clusterrole", "heddle-view", "-o", "yaml"]);
    expect(stdout).not.toContain("old.example/left: out");
    expect(stdout).toContain("heddle.mesh");
  });

  it("installs again without a change", async () => {
    const { code, stderr } = await heddle("install --apply --ha --no-wait --set logFormat=json");
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain("· Deployment heddle/heddle-operator unchanged");
    expect(stderr).not.toMatch(/ (created|changed)\n/);
  });

  it("waits until programs are ready, and says how far they are", async () => {
    const { code, stderr } = await heddle("install --apply --ha --timeout 1s");
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain("Deployment heddle/heddle-operator is not ready after 1s");
    const counts = { replicas: 3, updatedReplicas: 3, availableReplicas: 3, readyReplicas: 3 };
    for (const name of ["heddle-operator", "heddle-webhook"]) {
      const patch = JSON.stringify({ status: { observedGeneration: 9, ...counts } });
      const options = ["--subresource=status", "--type=merge", "-p", patch];
      await api.kubectl(["patch", "deploy", name, "-n", "heddle", ...options]);
    }
    const ready = await heddle("install --apply --ha --set logFormat=json --timeout 120s");
    expect([ready.code, ready.stderr]).toEqual([
      EXIT.ok,
      expect.stringContaining("✓ Deployment heddle/heddle-webhook is ready"),
    ]);
  });

  it("shows what an upgrade would change, as the server sees it", async () => {
    const same = await heddle("upgrade --dry-run");
    // What was chosen has gained a namespace, and nothing else is touched.
    expect(same.stdout).not.toContain("Deployment");
    const { code, stdout } = await heddle("upgrade --dry-run --set logLevel=debug");
    expect(code).toBe(EXIT.ok);
    expect(stdout).toContain("Deployment heddle/heddle-operator: would change");
    expect(stdout).toMatch(/-\s+- --log-level=info\n/);
    expect(stdout).toMatch(/\+\s+- --log-level=debug\n/);
    expect(stdout).not.toContain("uid:");
  });

  it("upgrades with what was chosen before, and removes what is no longer part", async () => {
    expect(await parts()).toContain("poddisruptionbudget.policy/heddle-operator");
    const { code, stderr } = await heddle("upgrade --apply --no-wait --set ha=false");
    expect([code, stderr]).toEqual([
      EXIT.ok,
      expect.stringContaining("- PodDisruptionBudget heddle/heddle-operator removed"),
    ]);
    expect(await parts()).not.toContain("poddisruptionbudget.policy/heddle-operator");
    const { stdout } = await api.kubectl(["get", "deploy", "-n", "heddle", "-o", "yaml"]);
    expect(stdout).toContain("--log-format=json");
    expect(stdout).toContain("replicas: 1");
  });

  it("checks what is there, and finds that nothing of it runs", async () => {
    const { code, stdout } = await heddle("check -o json");
    expect(code).toBe(EXIT.failed);
    const { groups } = JSON.parse(stdout) as {
      groups: { results: { name: string; verdict: string; detail: string }[] }[];
    };
    const all = groups.flatMap(({ results }) => results);
    const found = Object.fromEntries(all.map(({ name, verdict }) => [name, verdict]));
    const trial = all.find(({ name }) => name === "webhook-answers");
    expect(trial?.detail).toContain("a trial object was not looked at");
    expect(found).toMatchObject({
      ...{ "kubernetes-version": "ok", installed: "ok", kinds: "ok", leader: "failed" },
      ...{ "programs-synced": "failed", authority: "failed", "webhook-answers": "failed" },
    });
  });

  it("fails where whoever checks may see nothing, and says so of each check", async () => {
    const dev = await api.kubeconfigFor({ namespace: "default", name: "dev" });
    const { code, stdout } = await heddle("check -o short", dev);
    expect(code).toBe(EXIT.failed);
    expect(stdout).toMatch(/^✗ cannot be looked at: deployments\.apps .* is forbidden/m);
    expect(stdout).toMatch(/^‼ cannot be looked at: customresourcedefinitions/m);
    expect(stdout).toMatch(/^1 failed, \d+ warnings$/m);
  });

  it("shows objects with their statuses while no operator runs", async () => {
    await api.apply({
      apiVersion: "heddle.mesh/v1alpha1",
      kind: "TrafficSplit",
      metadata: { name: "web", namespace: "default" },
      spec: { service: "web", backends: [{ service: "web-v1", weight: 1 }] },
    });
    const status = { status: { proxies: "3/4", summary: "web-v1 100%" } };
    const options = ["--subresource=status", "--type=merge", "-p", JSON.stringify(status)];
    await api.kubectl(["patch", "trafficsplits.heddle.mesh", "web", ...options]);
    const { code, stdout, stderr } = await heddle("get splits");
    expect(code).toBe(EXIT.ok);
    expect(stdout).toMatch(/default +web +heddle\.mesh +\S+ +web-v1 100% .*3\/4/);
    expect(stderr).toContain("no operator is ready in namespace heddle");
  });

  describe.skipIf(hostAddress === undefined)("through the API server", () => {
    let admin: Server;
    const hosts: string[] = [];

    beforeAll(async () => {
      admin = createServer((request: IncomingMessage, response) => {
        hosts.push(request.headers.host ?? "");
        const isGuarded = !(request.headers.host ?? "").startsWith("localhost");
        response.writeHead(isGuarded ? 403 : 200);
        response.end(isGuarded ? "ask by address, or as localhost\n" : '{"services":[]}');
      });
      await new Promise<void>((resolve) => admin.listen(0, hostAddress, resolve));
      const { port } = admin.address() as AddressInfo;
      await runningPod("heddle-operator-0", port);
    });

    afterAll(() => void admin?.close());

    async function runningPod(name: string, port: number): Promise<void> {
      const restricted = {
        allowPrivilegeEscalation: false,
        runAsNonRoot: true,
        capabilities: { drop: ["ALL"] },
        seccompProfile: { type: "RuntimeDefault" },
      };
      const ports = [{ name: "admin", containerPort: port }];
      await api.serviceAccount({ namespace: "heddle", name: "default" });
      await api.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: {
          ...{ name, namespace: "heddle" },
          labels: { "app.kubernetes.io/name": "heddle-operator", "heddle.mesh/part-of": "heddle" },
        },
        spec: { containers: [{ name: "c", image: "x", ports, securityContext: restricted }] },
      });
      const conditions = [{ type: "Ready", status: "True" }];
      const ips = { podIP: hostAddress, podIPs: [{ ip: hostAddress }] };
      const patch = JSON.stringify({ status: { phase: "Running", ...ips, conditions } });
      const options = ["--subresource=status", "--type=merge", "-p", patch];
      const done = await api.kubectl(["patch", "pod", name, "-n", "heddle", ...options]);
      expect(done.stderr).toBe("");
    }

    it("asks an operator's pod that answers only to addresses and localhost", async () => {
      const { code, stderr } = await heddle("get services");
      expect([code, stderr]).toEqual([EXIT.ok, "no services found\n"]);
      expect(hosts.at(-1)).toBe("localhost");
    });
  });

  it("uninstalls, and leaves nothing", async () => {
    await api.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "heddle-ca", namespace: "default" },
    });
    const refused = await heddle("uninstall --apply");
    expect([refused.code, refused.stderr]).toEqual([
      EXIT.failed,
      expect.stringContaining("with Heddle's kinds 1 object of theirs would go"),
    ]);
    // No kubelet ends it here.
    const now = ["--grace-period=0", "--force", "--ignore-not-found"];
    await api.kubectl(["delete", "pod", "heddle-operator-0", "-n", "heddle", ...now]);
    // Nor does a controller empty the namespace: the verb says so after a while.
    const removing = heddle("uninstall --apply --with-objects");
    await expect.poll(parts).toEqual([]);
    const phase = ["get", "ns", "heddle", "-o", "jsonpath={.status.phase}"];
    await expect.poll(async () => (await api.kubectl(phase)).stdout).toBe("Terminating");
    const { status: _status, ...space } = JSON.parse(
      (await api.kubectl(["get", "ns", "heddle", "-o", "json"])).stdout,
    );
    const input = JSON.stringify({ ...space, spec: { finalizers: [] } });
    const path = "/api/v1/namespaces/heddle/finalize";
    await api.kubectl(["replace", "--raw", path, "-f", "-"], { input });
    const { code, stderr } = await removing;
    expect([code, stderr]).toEqual([
      EXIT.ok,
      expect.stringContaining("- ConfigMap default/heddle-ca removed"),
    ]);
    const after = await api.kubectl(["get", "cm", "heddle-ca", "--ignore-not-found"]);
    expect(after.stdout).toBe("");
  });
});
