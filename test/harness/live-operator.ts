/** An operator on a real socket, over a table that the test fills, for proxies of their own. */
import { silentLog } from "../../base/log.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import type { Destination } from "../../mesh/destination.ts";
import type { StatReport } from "../../mesh/stat-report.ts";
import { createPublisher } from "../../operator/publish/publisher.ts";
import { startControlServer } from "../../operator/publish/server.ts";
import { destination, endpoint, FakeObserver, FakeSink, FakeTable, service } from "./fake-table.ts";

const WEB = service("web");

export class LiveOperator {
  readonly table = new FakeTable();
  readonly sink = new FakeSink();
  readonly observer = new FakeObserver();
  readonly reports: StatReport[] = [];
  url = "";
  #stop: () => Promise<void> = () => Promise.resolve();

  private constructor() {
    this.table.put("workload", "", { namespace: "shop", clusterDomain: "c.local", mesh: "1" });
  }

  static async start(): Promise<LiveOperator> {
    const operator = new LiveOperator();
    const { observer } = operator;
    const publisher = createPublisher({
      resources: operator.table,
      programmed: operator.sink,
      stats: { reported: (_session, report) => operator.reports.push(report) },
      observer,
      operator: { name: "one", version: "1" },
      clock: systemClock,
      timers: systemTimers,
      log: silentLog,
      heartbeatMs: 10_000,
      limits: {},
    });
    const address = { host: "127.0.0.1", port: 0 };
    const server = await startControlServer({
      ...{ publisher, observer, clock: systemClock, timers: systemTimers },
      ...{ log: silentLog, address },
    });
    operator.url = `ws://127.0.0.1:${"port" in server.address ? server.address.port : 0}`;
    operator.#stop = async () => {
      publisher.stop();
      await server.close();
    };
    return operator;
  }

  /** `web` stands at that port of this machine. Returns the revision of its rules. */
  serveWeb(port: number, change: (rules: Destination) => Destination = (same) => same): string {
    const one = endpoint(1, { id: `web/${port}`, address: "127.0.0.1", port });
    const set = { service: WEB, source: "test", synced: true, endpoints: [one] };
    this.table.put("endpoints", WEB, set);
    return this.table.put("destination", WEB, change(destination("web", ["web"]))).revision;
  }

  /** The revision of a type of resource that the proxy has acked last. */
  held(type: "destination" | "endpoints"): string | undefined {
    const states = [...this.sink.states.values()];
    return states.find(({ name }) => name.type === type)?.held?.revision;
  }

  async close(): Promise<void> {
    await this.#stop();
  }
}
