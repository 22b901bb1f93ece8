/** Several operators on a real API server: who writes, who serves, and how one goes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import type { ServicesAnswer, SessionsAnswer } from "../../mesh/operator-api.ts";
import { SLOW_POLL_MS, until } from "../harness/until.ts";
import { type OwnApiServer, useOwnApiServer, whyNoApiServer } from "./harness/api-server.ts";
import { LooseProxy } from "./harness/loose-proxy.ts";
import { OperatorProcess } from "./harness/operator-process.ts";

const HAND_OVER_MS = 2_000;

describe.skipIf(whyNoApiServer())("operators", () => {
  let api: OwnApiServer;
  let own: string;
  let namespace: string;
  let operators: OperatorProcess[];
  let proxies: LooseProxy[];

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installCrds();
  });

  afterAll(() => api.close());

  beforeEach(async () => {
    own = await api.namespace();
    namespace = await api.namespace();
    operators = [];
    proxies = [];
    const services = ["web", "web-v1"].map((name) => ({
      ...{ apiVersion: "v1", kind: "Service", metadata: { namespace, name } },
      spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }], selector: { app: name } },
    }));
    await api.apply(...services);
    await edit(90);
  });

  afterEach(async () => {
    for (const proxy of proxies) proxy.stop();
    await Promise.all(operators.map((operator) => operator.stop("SIGKILL")));
  });

  function split(percent: unknown): object {
    return {
      ...{ apiVersion: "heddle.mesh/v1alpha1", kind: "TrafficSplit" },
      metadata: { namespace, name: "web" },
      spec: {
        service: "web",
        backends: [
          { service: "web-v1", weight: percent },
          { service: "web", weight: 10 },
        ],
      },
    };
  }

  async function edit(percent: number): Promise<void> {
    await api.apply(split(percent));
  }

  async function start(): Promise<OperatorProcess> {
    const operator = await OperatorProcess.start({
      ...{ kubeconfig: api.adminKubeconfig, namespace: own },
      flags: ["--hand-over", `${HAND_OVER_MS}ms`],
    });
    operators.push(operator);
    await until(
      () => `the operator is ready: ${operator.log}`,
      () => operator.isReady(),
    );
    return operator;
  }

  /** The first of them leads. */
  async function startTwo(): Promise<readonly [OperatorProcess, OperatorProcess]> {
    const first = await start();
    await first.untilLogged(/this operator leads/);
    return [first, await start()];
  }

  function connect(count: number, ...at: readonly [OperatorProcess, ...OperatorProcess[]]): void {
    for (let n = 0; n < count; n++) {
      const [first, ...others] = at;
      const addresses = [first.control, ...others.map(({ control }) => control)] as const;
      proxies.push(new LooseProxy(`proxy-${proxies.length}`, namespace, addresses));
    }
  }

  async function statusNow(): Promise<Readonly<Record<string, unknown>>> {
    const path = `/apis/heddle.mesh/v1alpha1/namespaces/${namespace}/trafficsplits/web`;
    const object = await api.client.get(path, api.signal);
    const { status, metadata } = isRecord(object) ? object : {};
    const generation = isRecord(metadata) ? metadata.generation : 0;
    return { ...(isRecord(status) ? status : {}), generation };
  }

  /** Of the newest generation. */
  async function untilStatus(proxyCounts: string): Promise<void> {
    let last: unknown;
    const isSo = async (): Promise<boolean> => {
      const { proxies: counts, observedGeneration, generation } = await statusNow();
      last = { counts, observedGeneration, generation };
      return counts === proxyCounts && observedGeneration === generation;
    };
    const what = () => `status says ${proxyCounts}: ${JSON.stringify(last)}${logs()}`;
    await until(what, isSo, SLOW_POLL_MS);
  }

  const logs = () => operators.map(({ log }) => `\n--\n${log}`).join("");

  async function metric(operator: OperatorProcess, name: string): Promise<number> {
    const line = (await operator.text("/metrics")).split("\n").find((one) => one.startsWith(name));
    return Number(line?.split(" ").at(-1) ?? "0");
  }

  async function untilAllHold(): Promise<void> {
    await until("all hold the same", () => {
      const revisions = new Set(proxies.map(({ revision }) => revision));
      return revisions.size === 1 && !revisions.has("");
    });
  }

  it("count the proxies of all of them, in one status", async () => {
    const [first, second] = await startTwo();
    connect(3, first);
    connect(4, second);
    await untilStatus("7/7");
    await edit(50);
    await untilStatus("7/7");
    expect(await metric(first, "heddle_operator_replicas")).toBe(1);
    expect(await metric(second, "heddle_operator_status_writes_total")).toBe(0);
    for (const proxy of proxies.splice(5)) proxy.stop();
    await untilStatus("5/5");
  });

  it("know all that their own proxies hold, and of others what status needs", async () => {
    const [first, second] = await startTwo();
    connect(2, first);
    connect(3, second);
    await untilStatus("5/5");
    const known = async (operator: OperatorProcess, wanted: boolean): Promise<string> => {
      const { sessions } = await operator.get<SessionsAnswer>("/sessions");
      const chosen = sessions.filter(({ isOwn }) => isOwn === wanted);
      const types = chosen.flatMap(({ resources }) => resources.map(({ type }) => type));
      return `${chosen.length}: ${[...new Set(types)].join()}`;
    };
    const whole = "destination,endpoints,workload";
    await until("all have answered", async () => (await known(second, true)) === `3: ${whole}`);
    expect(await known(first, true)).toBe(`2: ${whole}`);
    expect(await known(first, false)).toBe("3: destination");
    expect(await known(second, false)).toBe("0: ");
  });

  it("lose the one that leads, and go on", async () => {
    const [first, second] = await startTwo();
    connect(2, first, second);
    connect(2, second);
    await untilStatus("4/4");
    await first.stop("SIGKILL");
    // Nobody leads yet, and proxies are served as before.
    await edit(40);
    await until("all are at the other", () =>
      proxies.every((one) => one.operator === second.control),
    );
    await untilAllHold();
    await untilStatus("4/4");
    expect(second.log).toContain("this operator leads");
  });

  it("let no one write that was stopped and wakes up", async () => {
    const [first, second] = await startTwo();
    connect(2, second);
    await untilStatus("2/2");
    await edit(45);
    process.kill(first.pid, "SIGSTOP");
    try {
      await until(
        () => `the other one leads${logs()}`,
        () => second.log.includes("this operator leads"),
        SLOW_POLL_MS,
      );
      await edit(46);
      await untilStatus("2/2");
    } finally {
      process.kill(first.pid, "SIGCONT");
    }
    await first.untilLogged(/this operator leads no longer/);
    const before = await metric(first, "heddle_operator_status_writes_total");
    await edit(47);
    await untilStatus("2/2");
    await until("it tells the other one", async () => {
      return (await metric(first, "heddle_operator_leader_link")) === 1;
    });
    expect(await metric(first, "heddle_operator_leading")).toBe(0);
    expect(await metric(first, "heddle_operator_status_writes_total")).toBe(before);
  });

  it("hand their proxies over one after another, and miss no change", async () => {
    const [first, second] = await startTwo();
    connect(20, first, second);
    await untilStatus("20/20");
    const moved = proxies.filter(({ operator }) => operator === first.control);
    // Each begins with one of two: that all twenty chose the same will not happen.
    expect(moved.length).toBeGreaterThan(0);
    const stopping = first.stop("SIGTERM");
    for (const percent of [41, 42, 43]) await edit(percent);
    await stopping;
    expect(first.log).toContain("proxies are sent to other operators");
    await until("all are at the other", () =>
      proxies.every((one) => one.operator === second.control),
    );
    await untilAllHold();
    await untilStatus("20/20");
    // Once each, and not all at the same time.
    expect(moved.map(({ leftAtMs }) => leftAtMs.length)).toEqual(moved.map(() => 1));
    const left = moved.map(({ leftAtMs }) => leftAtMs[0] ?? 0);
    const spanMs = Math.max(...left) - Math.min(...left);
    if (moved.length >= 5) expect(spanMs).toBeGreaterThan(HAND_OVER_MS / 4);
    const others = proxies.filter((one) => !moved.includes(one));
    expect(others.flatMap(({ leftAtMs }) => leftAtMs)).toEqual([]);
  });

  it("take back a status that somebody else wrote, and name whoever it was", async () => {
    const operator = await start();
    await untilStatus("0/0");
    const before = await statusNow();
    const patch = JSON.stringify({ status: { summary: "mine" } });
    const { stderr } = await api.kubectl([
      ...["patch", "ts", "web", "-n", namespace, "--subresource=status", "--type=merge"],
      ...["--field-manager=meddler", "-p", patch],
    ]);
    expect(stderr).toBe("");
    await until(
      () => `it is taken back${logs()}`,
      async () => (await metric(operator, "heddle_operator_status_contested_total")) === 1,
      SLOW_POLL_MS,
    );
    expect(await statusNow()).toEqual(before);
    const shown = async () =>
      (await api.kubectl(["describe", "ts", "web", "-n", namespace])).stdout;
    await until(
      () => "an Event tells of it",
      async () => /Warning +StatusContested .*"meddler"/.test(await shown()),
      SLOW_POLL_MS,
    );
  });

  it("agree on what is in force, where only one has seen it accepted", async () => {
    const first = await start();
    const backends = async (operator: OperatorProcess): Promise<string> => {
      const path = `/services?namespace=${namespace}`;
      const { services } = await operator.get<ServicesAnswer>(path);
      return JSON.stringify(services.find(({ name }) => name === "web")?.ports);
    };
    await until("the split is served", async () => (await backends(first)).includes("web-v1"));
    const before = await backends(first);
    const backend = { service: "web-v1", weight: 1 };
    const spec = { service: "web", backends: [backend], matchs: [] };
    const input = JSON.stringify({ ...split(1), spec });
    const { stderr } = await api.kubectl(["apply", "--validate=ignore", "-f", "-"], { input });
    expect(stderr).toBe("");
    await first.untilLogged(/matchs: unknown field/);
    const second = await start();
    expect(await backends(second)).toBe(before);
    // The first one is gone, and a third has only ever seen the version that is refused.
    await first.stop("SIGKILL");
    const third = await start();
    await second.stop("SIGKILL");
    expect(await backends(third)).toBe(before);
  });
});
