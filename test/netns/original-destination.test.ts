/** What the kernel tells of redirected connections, and the proof that it redirects them. */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describeInNamespaces } from "../harness/namespaces.ts";
import { APP_UID, type Pod, type PodProcess, PROXY_UID, ROOT_FOLDER } from "../harness/pod.ts";
import type { PodAgent } from "../harness/pod-agent.ts";
import { PodNetwork } from "../harness/pod-network.ts";
import { until } from "../harness/until.ts";
import type { WatcherLine } from "./watcher-lines.ts";

const PROGRAM = join(ROOT_FOLDER, "test", "netns", "redirect-watcher.ts");
/** The node says that there is no way on, but not for every packet: it may say so once a second. */
const LOST = expect.stringMatching(/^(?:unreachable|timeout)$/);
const FAMILIES = ["ipv4", "ipv6"] as const;

/** The program in a pod, and what it has said since it was asked last. */
class Watcher {
  readonly process: PodProcess;
  #read = 0;

  constructor(process: PodProcess) {
    this.process = process;
  }

  forget(): void {
    this.#read = this.process.stdout.length;
  }

  async next<T extends WatcherLine["tells"]>(tells: T): Promise<WatcherLine & { tells: T }> {
    let found: WatcherLine | undefined;
    await until(
      () => `it tells of ${tells}: ${this.process.stdout}${this.process.stderr}`,
      () => {
        const end = this.process.stdout.indexOf("\n", this.#read);
        if (end < 0) return false;
        // The program wrote the line.
        const line = JSON.parse(this.process.stdout.slice(this.#read, end)) as WatcherLine;
        this.#read = end + 1;
        if (line.tells === tells) found = line;
        return found !== undefined;
      },
    );
    return found as WatcherLine & { tells: T };
  }

  async prove(): Promise<readonly [outcomes: readonly string[], problem: string]> {
    this.process.child.stdin?.write("\n");
    const { outcomes, problem } = await this.next("proof");
    return [outcomes, problem];
  }
}

describeInNamespaces("redirected connections", () => {
  let network: PodNetwork;
  let pod: Pod;
  let other: Pod;
  let app: PodAgent;
  let outside: PodAgent;
  let watcher: Watcher;
  let service: { readonly ipv4: string; readonly ipv6: string };

  beforeAll(async () => {
    network = new PodNetwork();
    pod = network.addPod("pod");
    other = network.addPod("other");
    app = pod.startAgent({ uid: APP_UID });
    outside = other.startAgent();
    service = network.addService(80, [{ pod: other, port: 8080 }]);
    watcher = await startWatcher(PROXY_UID);
  });

  afterAll(() => network.close());

  beforeEach(() => watcher.forget());

  async function startWatcher(uid: number): Promise<Watcher> {
    const started = new Watcher(pod.start([process.execPath, PROGRAM], { uid }));
    await started.next("open");
    return started;
  }

  async function init(...args: readonly string[]): Promise<void> {
    expect(await pod.heddle(["init", ...args])).toMatchObject({ code: 0 });
  }

  it("are not there before there are rules", async () => {
    const [outcomes, problem] = await watcher.prove();
    expect(outcomes).toEqual([LOST, LOST]);
    expect(problem).toContain('run "heddle init');
  });

  describe("with rules", () => {
    beforeAll(() => init());

    it("are proven", async () => {
      expect(await watcher.prove()).toEqual([["proven", "proven"], ""]);
    });

    it.each(FAMILIES)("say which service or pod was dialled, %s", async (family) => {
      for (const [host, port] of [
        [service[family], 80],
        [service[family], 81],
        [other[family], 9000],
      ] as const) {
        expect(await app.dial(host, port)).toBe("outbound");
        expect(await watcher.next("connection")).toEqual({
          tells: "connection",
          door: "outbound",
          from: pod[family],
          at: family === "ipv4" ? "127.0.0.1" : "::1",
          meant: { host, port },
        });
      }
    });

    it.each(FAMILIES)("say which port of the application was dialled, %s", async (family) => {
      expect(await outside.dial(pod[family], 8080)).toBe("inbound");
      expect(await watcher.next("connection")).toMatchObject({
        door: "inbound",
        from: other[family],
        meant: { host: pod[family], port: 8080 },
      });
    });

    it("say nothing where the proxy itself was dialled", async () => {
      for (const host of ["127.0.0.1", "::1"]) {
        expect(await app.dial(host, 4140)).toBe("outbound");
        expect(await watcher.next("connection")).toMatchObject({ from: host, meant: null });
      }
    });

    it.each(FAMILIES)("say nothing where its inbound port was dialled, %s", async (family) => {
      expect(await outside.dial(pod[family], 4143)).toBe("inbound");
      expect(await watcher.next("connection")).toMatchObject({ door: "inbound", meant: null });
    });
  });

  it("are proven for one family where only one has rules", async () => {
    await init("--ipv6=off");
    expect(await watcher.prove()).toEqual([["proven", LOST], ""]);
  });

  it("are not proven where they go to another port", async () => {
    await init("--outbound-port=4999");
    expect((await watcher.prove())[0]).toEqual(["refused", "refused"]);
    const elsewhere = pod.startAgent();
    await elsewhere.listen(4999);
    expect((await watcher.prove())[0]).toEqual(["answered-by-another", "answered-by-another"]);
  });

  it("come round for ever where the rules do not know the proxy's user", async () => {
    await init("--uid=2103");
    const [outcomes, problem] = await watcher.prove();
    expect(outcomes).toEqual(["not-exempt", "not-exempt"]);
    expect(problem).toContain(`"heddle init --uid ${PROXY_UID}"`);
  });
});
