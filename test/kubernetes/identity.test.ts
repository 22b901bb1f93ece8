/**
 * Who may connect to an operator of a cluster, and by what it is known: its process under exactly
 * the rights that an installation gives, a real API server for tokens, OpenSSL as the judge of what
 * it shows, and a real proxy.
 */
import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { isRecord } from "../../base/shape.ts";
import { rbacObjects } from "../../install/rbac.ts";
import { webhookObjects } from "../../install/webhooks.ts";
import { CONTROL_SUBPROTOCOL } from "../../mesh/control-messages.ts";
import type { ProxiesAnswer } from "../../mesh/operator-api.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { OperatorProcess } from "./harness/operator-process.ts";
import { TokenTalker } from "./harness/token-talker.ts";

const AUDIENCES = ["heddle"];

describe.skipIf(whyNoApiServer())("an operator that others can reach", () => {
  let api: OwnApiServer;
  let folder: string;
  let mesh: string;
  let shop: string;
  let bank: string;
  let operator: OperatorProcess;
  let caFile: string;
  const ends: (() => void | Promise<void>)[] = [];

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installCrds();
    folder = await mkdtemp(join(tmpdir(), "heddle-identity-"));
    mesh = await api.namespace();
    shop = await api.namespace({ labels: { "heddle.mesh/inject": "enabled" } });
    bank = await api.namespace();
    await api.apply(...rbacObjects({ namespace: mesh, ownCertificates: true }));
    await api.apply(
      ...webhookObjects({ namespace: mesh, failurePolicy: "Ignore", caBundle: null }),
    );
    operator = await start();
    caFile = join(folder, "ca.crt");
    await until("ready", () => operator.isReady(), SLOW_POLL_MS);
    await until("told", async () => (await configMap(shop)) !== "", SLOW_POLL_MS);
    await writeFile(caFile, await configMap(shop));
  });

  afterAll(async () => {
    await operator.stop();
    await api.close();
    await rm(folder, { recursive: true });
  });

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const start = async (): Promise<OperatorProcess> =>
    await OperatorProcess.start({
      kubeconfig: await api.kubeconfigFor({ namespace: mesh, name: "heddle-operator" }),
      namespace: mesh,
      flags: ["--control-tls", "--hand-over", "0s"],
    });

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await api.kubectl(args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };

  /** Empty where there is none. */
  const configMap = async (namespace: string): Promise<string> => {
    const { stdout } = await api.kubectl([
      ...["get", "configmap", "heddle-ca", "-n", namespace, "--ignore-not-found"],
      ...["-o", "jsonpath={.data.ca\\.crt}"],
    ]);
    return stdout;
  };

  /** Its uid. No node runs it, which is nothing to the API server. */
  const pod = async (namespace: string, name: string): Promise<string> => {
    const proxy = { name: "heddle-proxy", image: "none", restartPolicy: "Always" };
    await api.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name },
      spec: { containers: [{ name: "app", image: "none" }], initContainers: [proxy] },
    });
    const uid = await kubectl(
      "get",
      "pod",
      name,
      "-n",
      namespace,
      "-o",
      "jsonpath={.metadata.uid}",
    );
    ends.push(() => api.kubectl(["delete", "pod", name, "-n", namespace, "--now"]).then(() => {}));
    return uid;
  };

  const tokenOf = async (
    namespace: string,
    name: string,
    audiences: readonly string[] = AUDIENCES,
  ): Promise<string> => {
    const uid = await pod(namespace, name);
    return await api.tokenFor({ namespace, name: "default" }, { audiences, pod: { name, uid } });
  };

  /** What became of a handshake: 101 or the status that it was refused with. */
  const handshake = (authorization: string | null): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`wss://${operator.control}/control`, CONTROL_SUBPROTOCOL, {
        // Read at the start of each test: the file is the API server's truth.
        ca: caText,
        headers: authorization === null ? {} : { authorization },
      });
      ends.push(() => socket.terminate());
      socket.on("open", () => resolve(101));
      socket.on("unexpected-response", (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on("error", reject);
    });

  let caText = "";
  const readCa = async (): Promise<void> => {
    caText = await configMap(shop);
  };

  const openssl = (...args: readonly string[]): Promise<string> =>
    new Promise((resolve) => {
      const child = execFile("openssl", args, (_error, stdout, stderr) => resolve(stdout + stderr));
      child.stdin?.end();
    });

  const proxies = async (): Promise<ProxiesAnswer["proxies"]> =>
    (await operator.get<ProxiesAnswer>("/proxies")).proxies;

  const startProxy = async (token: string, flags: readonly string[] = []) => {
    const tokenFile = join(folder, `token-${ends.length}`);
    await writeFile(tokenFile, `${token}\n`);
    const proxy = await ProxyProcess.start(["--operator", `wss://${operator.control}`, ...flags], {
      env: { HEDDLE_OPERATOR_CA_FILE: caFile, HEDDLE_OPERATOR_TOKEN_FILE: tokenFile },
    });
    ends.push(() => proxy.close());
    return { proxy, tokenFile };
  };

  it("shows a certificate of the mesh's own authority, by the newest TLS alone", async () => {
    const name = `heddle-operator.${mesh}.svc`;
    const ask = (...args: readonly string[]) =>
      openssl(
        ...["s_client", "-connect", operator.control, "-CAfile", caFile, "-x509_strict"],
        ...["-verify_return_error", "-verify_hostname", name, ...args],
      );
    const shown = await ask();
    expect(shown).toContain("Verification: OK");
    expect(shown).toContain("TLSv1.3");
    expect(await ask("-tls1_2")).toMatch(/alert protocol version/);
    const other = await openssl(
      ...["s_client", "-connect", operator.control, "-CAfile", caFile],
      ...["-verify_return_error", "-verify_hostname", "heddle-operator.other.svc"],
    );
    expect(other).toMatch(/hostname mismatch/i);
    const figure = /heddle_operator_certificate_not_after_seconds\{certificate="control"\} (\d+)/;
    const found = figure.exec(await operator.text("/metrics"));
    const leftSeconds = Number(found?.[1]) - Date.now() / 1000;
    expect(leftSeconds).toBeGreaterThan(20 * 3600);
    expect(leftSeconds).toBeLessThan(25 * 3600);
  });

  it("tells the namespaces of the mesh whom to trust, and no others", async () => {
    expect(await configMap(mesh)).toBe(await configMap(shop));
    expect(await configMap(bank)).toBe("");
    const good = await configMap(shop);
    await kubectl(
      ...["patch", "configmap", "heddle-ca", "-n", shop, "--type=merge"],
      ...["-p", '{"data":{"ca.crt":"somebody else"}}'],
    );
    await until("mended", async () => (await configMap(shop)) === good, SLOW_POLL_MS);
    await kubectl("delete", "configmap", "heddle-ca", "-n", shop);
    await until("made again", async () => (await configMap(shop)) === good, SLOW_POLL_MS);
    // By a pod that somebody has injected there, and until it is gone.
    await pod(bank, "injected");
    await until("told", async () => (await configMap(bank)) === good, SLOW_POLL_MS);
    await ends.pop()?.();
    await until("left", async () => (await configMap(bank)) === "", SLOW_POLL_MS);
    const counted = /heddle_operator_work_duration_seconds_count\{queue="certificates"\} (\d+)/;
    const [, count] = counted.exec(await operator.text("/metrics")) ?? [];
    expect(Number(count)).toBeGreaterThanOrEqual(4);
  });

  it("makes the webhook's certificate, and tells the API server of it", async () => {
    const get = async (key: string): Promise<string> => {
      const path = `jsonpath={.data.${key.replace(".", "\\.")}}`;
      const args = ["get", "secret", "heddle-webhook-tls", "-n", mesh, "-o", path];
      return Buffer.from(await kubectl(...args), "base64").toString();
    };
    const bundles = async (kind: string, name: string): Promise<readonly string[]> => {
      const path = "jsonpath={.webhooks[*].clientConfig.caBundle}";
      const text = await kubectl("get", kind, name, "-o", path);
      return text.split(" ").map((one) => Buffer.from(one, "base64").toString());
    };
    const bundle = await configMap(mesh);
    const kinds = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] as const;
    const told = async (): Promise<boolean> => {
      const [both, one] = await Promise.all([
        bundles(kinds[0], "heddle-injector"),
        bundles(kinds[1], "heddle-validator"),
      ]);
      return [...both, ...one].join() === [bundle, bundle, bundle].join();
    };
    await until("told", told, SLOW_POLL_MS);
    const leaf = new X509Certificate(await get("tls.crt"));
    expect(leaf.verify(new X509Certificate(bundle).publicKey)).toBe(true);
    expect(leaf.checkHost(`heddle-webhook.${mesh}.svc`)).toBeDefined();
    expect(await get("ca.crt")).toBe(bundle);
    // Whatever else stands in the entries stays, and whoever applies them again takes nothing away.
    await api.apply(...webhookObjects({ namespace: mesh, failurePolicy: "Fail", caBundle: null }));
    await until("still told", told, SLOW_POLL_MS);
    const policy = await kubectl(
      ...["get", kinds[0], "heddle-injector", "-o"],
      "jsonpath={.webhooks[*].failurePolicy}",
    );
    expect(policy).toBe("Fail Ignore");
    // No webhook runs here: pods of other tests are not to wait for it.
    await api.apply(
      ...webhookObjects({ namespace: mesh, failurePolicy: "Ignore", caBundle: null }),
    );
    await kubectl("delete", "secret", "heddle-webhook-tls", "-n", mesh);
    await until(
      "made again",
      async () => {
        const args = ["get", "secret", "heddle-webhook-tls", "-n", mesh, "--ignore-not-found"];
        return (await kubectl(...args)) !== "";
      },
      SLOW_POLL_MS,
    );
  });

  it("lets in who shows the token of a pod, and nobody else", async () => {
    await readCa();
    const account = { namespace: shop, name: "default" };
    const good = await tokenOf(shop, "good");
    expect(await handshake(`Bearer ${good}`)).toBe(101);
    expect(await handshake(null)).toBe(401);
    expect(await handshake("Bearer nonsense")).toBe(401);
    expect(await handshake(`Basic ${good}`)).toBe(401);
    expect(await handshake(`Bearer ${good.slice(0, -8)}AAAAAAAA`)).toBe(401);
    expect(await handshake(`Bearer ${"x".repeat(7_000)}`)).toBe(401);
    // For the API server, bound to no pod, and of one that is gone.
    expect(await handshake(`Bearer ${await api.tokenFor(account)}`)).toBe(401);
    expect(await handshake(`Bearer ${await api.tokenFor(account, { audiences: AUDIENCES })}`)).toBe(
      401,
    );
    const gone = await tokenOf(shop, "gone");
    await kubectl("delete", "pod", "gone", "-n", shop, "--now");
    expect(await handshake(`Bearer ${gone}`)).toBe(401);
    const metrics = await operator.text("/metrics");
    for (const reason of ["token-missing", "token-invalid", "token-unbound"]) {
      expect(metrics).toContain(`heddle_operator_turned_away_total{reason="${reason}"}`);
    }
    expect(operator.log).not.toContain(good);
  });

  it("gives nothing to what speaks no TLS, or sends heads without end", async () => {
    const [host = "", port = ""] = operator.control.split(":");
    const plain = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), host, () => {
        socket.write("GET /control HTTP/1.1\r\nHost: localhost\r\n\r\n");
      });
      let heard = "";
      socket.on("data", (bytes) => {
        heard += bytes.toString("latin1");
      });
      socket.on("error", () => {});
      socket.on("close", () => resolve(heard));
    });
    expect(plain).not.toContain("HTTP/1.1");
    await readCa();
    expect(await handshake(`Bearer ${"x".repeat(64 * 1024)}`)).toBe(431);
  });

  it("serves a proxy as who its token says, whatever that says itself", async () => {
    const token = await tokenOf(shop, "web-1");
    const { proxy } = await startProxy(token, ["--namespace", bank, "--name", "vault-0"]);
    await until("joined", async () => (await proxies()).length === 1, SLOW_POLL_MS);
    const [entry] = await proxies();
    expect(entry).toMatchObject({
      namespace: shop,
      name: "web-1",
      identity: { namespace: shop, name: "web-1", serviceAccount: "default" },
    });
    await until(
      "told",
      async () => {
        const config: unknown = JSON.parse((await proxy.page("/config")).text);
        return isRecord(config) && JSON.stringify(config).includes(`"namespace":"${shop}"`);
      },
      SLOW_POLL_MS,
    );
    expect((await proxy.page("/ready")).status).toBe(200);
  });

  it("tells nobody what is another workload's, or for another namespace's clients", async () => {
    await readCa();
    const service = (namespace: string, name: string) => ({
      ...{ apiVersion: "v1", kind: "Service", metadata: { namespace, name } },
      spec: { ports: [{ port: 80 }] },
    });
    // What the bank's clients do with the shop's service is the bank's alone.
    const ownRules = (route: string) => ({
      ...{ apiVersion: "heddle.mesh/v1alpha1", kind: "ServiceProfile" },
      metadata: { namespace: bank, name: "rules" },
      spec: { service: `web.${shop}`, routes: [{ name: route, condition: { method: "GET" } }] },
    });
    await api.apply(service(shop, "web"), service(bank, "vault"), ownRules("bank-secret"));
    const talk = async (namespace: string, name: string): Promise<TokenTalker> => {
      const token = await tokenOf(namespace, name);
      const talker = new TokenTalker(operator.control, { token, ca: caText });
      ends.push(() => talker.close());
      return talker;
    };
    const [thief, teller] = [await talk(shop, "thief"), await talk(bank, "teller")];
    const workload = { type: "workload", key: "" } as const;
    await thief.greet({ name: "teller", namespace: bank });
    await teller.greet({ name: "teller", namespace: bank });
    const web = { type: "destination", key: `svc/${shop}/web:80` } as const;
    const vault = { type: "destination", key: `svc/${bank}/vault:80` } as const;
    for (const one of [thief, teller]) for (const name of [web, vault]) one.subscribe(name);

    const ofTeller = async () => JSON.stringify((await teller.untilSent(web)) ?? null);
    await until("the bank's rules", async () => (await ofTeller()).includes("bank-secret"));
    expect(await teller.untilSent(workload)).toMatchObject({ pod: { name: "teller" } });
    expect(await thief.untilSent(workload)).toMatchObject({
      namespace: shop,
      pod: { name: "thief", serviceAccount: "default" },
    });
    // Services are for every pod of the mesh, as their names and addresses are by DNS.
    for (const one of [thief, teller]) {
      expect(await one.untilSent(vault)).toMatchObject({ service: vault.key });
    }
    await api.apply(ownRules("bank-secret-2"));
    await until("the bank's change", async () => (await ofTeller()).includes("bank-secret-2"));
    // Another workload cannot even be named.
    thief.subscribe({ type: "workload", key: `${bank}/teller` });
    const refused = () => thief.heard.some((text) => text.includes("is no key of such a resource"));
    await until("an end of it", refused);
    const all = thief.heard.join("\n");
    expect(await thief.untilSent(web)).toMatchObject({ service: web.key });
    expect(all).not.toContain("bank-secret");
    expect(await ofTeller()).toContain('"name":"rules"');
    expect(all).not.toMatch(/"name":"(rules|teller)"/);
  });

  it("ends a session with its pod, and does not take its token again", async () => {
    const token = await tokenOf(shop, "leaving");
    const { proxy } = await startProxy(token);
    await until("joined", async () => (await proxies()).length === 1, SLOW_POLL_MS);
    await kubectl("delete", "pod", "leaving", "-n", shop, "--now");
    await until("ended", async () => (await proxies()).length === 0, SLOW_POLL_MS);
    await until("refused", () => proxy.log.includes("does not take this proxy's token"));
  });

  it("is waited for by a proxy whose files come late, or change", async () => {
    const token = await tokenOf(shop, "early");
    const { proxy, tokenFile } = await startProxy("");
    await until("said so", () => proxy.log.includes(`${tokenFile} is empty`));
    await writeFile(tokenFile, token);
    await until("joined", async () => (await proxies()).length === 1, SLOW_POLL_MS);
  });

  it("keeps those whom it knows through an outage, and lets others wait", async () => {
    await readCa();
    const known = await tokenOf(shop, "known");
    const other = await tokenOf(shop, "other");
    expect(await handshake(`Bearer ${known}`)).toBe(101);
    await api.kill();
    expect(await handshake(`Bearer ${known}`)).toBe(101);
    expect(await handshake(`Bearer ${other}`)).toBe(503);
    await api.startAgain();
    const back = async () => (await handshake(`Bearer ${other}`)) === 101;
    await until("asked again", back, SLOW_POLL_MS);
  });

  it("is the same to proxies after a restart", async () => {
    await readCa();
    await operator.stop();
    operator = await start();
    await until("ready", () => operator.isReady(), SLOW_POLL_MS);
    expect(await handshake(`Bearer ${await tokenOf(shop, "after")}`)).toBe(101);
  });
});
