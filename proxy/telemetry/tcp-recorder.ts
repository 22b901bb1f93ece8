/**
 * What becomes of TCP connections that are carried as they are: how many, how much, how long, and
 * how they ended, by service. Names as Linkerd has them: `src` is the client's side of the proxy,
 * `dst` the endpoint's.
 */
import type { Clock } from "../../base/clock.ts";
import type { Fault } from "../../base/fault.ts";
import type { Histogram } from "../../base/histogram.ts";
import type { CounterSlot, GaugeSlot } from "../../base/metric-slots.ts";
import type { CounterFamily, GaugeFamily, HistogramFamily, Metrics } from "../../base/metrics.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Direction } from "../exchange/exchange.ts";
import type { AccessLog } from "./access-log.ts";
import type { FaultRecorder } from "./fault-recorder.ts";
import { type DestinationLabels, destinationLabels } from "./shed-metrics.ts";

const SERVICE_LABELS = ["direction", "dst_namespace", "dst_service", "dst_port"] as const;
const PEER_LABELS = [...SERVICE_LABELS, "peer"] as const;
const CLOSE_LABELS = [...PEER_LABELS, "reason"] as const;

/** Series of one family: services that are reached by TCP, times peers and reasons. */
const SERIES_MAX = 5_000;

/**
 * How a connection ended: both sides said that they were done; one of them reset it or was lost;
 * nothing moved for too long; the proxy stopped; or no endpoint could be reached.
 */
export type TcpEnd =
  | "closed"
  | "client-reset"
  | "endpoint-reset"
  | "idle-timeout"
  | "stopped"
  | "connect-failed";

/** One connection that is over, for the log. */
export interface TcpRecord {
  readonly direction: Direction;
  readonly service: ServiceKey;
  readonly route: string;
  readonly backend: string;
  readonly endpoint: string;
  /** The client's address and port; empty when none had joined. */
  readonly client: string;
  /** Where the client meant to go, as the kernel told; empty when that is not known. */
  readonly originalDestination: string;
  /** The name in a ClientHello that passed through; empty without one. */
  readonly sni: string;
  readonly end: TcpEnd;
  readonly fault: Fault | null;
  readonly attempts: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
  readonly startedMs: number;
  /** When an endpoint took the connection; 0 when none did. */
  readonly connectedMs: number;
  readonly endedMs: number;
}

interface Families {
  readonly opened: CounterFamily<typeof PEER_LABELS>;
  readonly open: GaugeFamily<typeof PEER_LABELS>;
  readonly closed: CounterFamily<typeof CLOSE_LABELS>;
  readonly read: CounterFamily<typeof PEER_LABELS>;
  readonly written: CounterFamily<typeof PEER_LABELS>;
  readonly duration: HistogramFamily<typeof SERVICE_LABELS>;
}

export interface TcpMetricsDeps {
  readonly clock: Clock;
  readonly faults: FaultRecorder;
  /** Null when it is off. */
  readonly accessLog: AccessLog | null;
}

export class TcpMetrics {
  readonly #families: Families;
  readonly #deps: TcpMetricsDeps;

  constructor(metrics: Metrics, deps: TcpMetricsDeps) {
    this.#deps = deps;
    const labels = PEER_LABELS;
    const seriesMax = SERIES_MAX;
    this.#families = {
      opened: metrics.counter({
        name: "tcp_open_total",
        help: "Connections of TCP tunnels that were opened.",
        labels,
        seriesMax,
      }),
      open: metrics.gauge({
        name: "tcp_open_connections",
        help: "Connections of TCP tunnels that are open.",
        labels,
        seriesMax,
      }),
      closed: metrics.counter({
        name: "tcp_close_total",
        help: "Connections of TCP tunnels that were closed, by why.",
        labels: CLOSE_LABELS,
        seriesMax,
      }),
      read: metrics.counter({
        name: "tcp_read_bytes_total",
        help: "Bytes that TCP tunnels read from the peer.",
        labels,
        seriesMax,
      }),
      written: metrics.counter({
        name: "tcp_write_bytes_total",
        help: "Bytes that TCP tunnels wrote to the peer.",
        labels,
        seriesMax,
      }),
      duration: metrics.histogram({
        name: "tcp_connection_duration_seconds",
        help: "From a client's coming to the end of its TCP tunnel.",
        labels: SERVICE_LABELS,
        seriesMax,
      }),
    };
  }

  /** Whoever opens it closes it; connections that are under way then are still counted. */
  open(direction: Direction, service: ServiceKey): TcpRecorder {
    return new TcpRecorder(direction, service, this.#families, this.#deps);
  }
}

/** What one side of a service's tunnels counts. */
class PeerSeries {
  readonly opened: CounterSlot;
  readonly open: GaugeSlot;
  readonly read: CounterSlot;
  readonly written: CounterSlot;
  readonly #families: Families;
  readonly #values: readonly [string, string, string, string, string];
  readonly #closed = new Map<TcpEnd, CounterSlot>();

  constructor(labels: DestinationLabels, peer: "src" | "dst", families: Families) {
    this.#families = families;
    this.#values = [...labels, peer];
    this.opened = families.opened.slot(this.#values);
    this.open = families.open.slot(this.#values);
    this.read = families.read.slot(this.#values);
    this.written = families.written.slot(this.#values);
  }

  begin(): void {
    this.opened.add(1);
    this.open.add(1);
  }

  end(reason: TcpEnd): void {
    this.open.add(-1);
    let slot = this.#closed.get(reason);
    if (slot === undefined) {
      slot = this.#families.closed.slot([...this.#values, reason]);
      this.#closed.set(reason, slot);
    }
    slot.add(1);
  }

  release(): void {
    const { opened, open, read, written, closed } = this.#families;
    opened.release(this.opened);
    open.release(this.open);
    read.release(this.read);
    written.release(this.written);
    for (const slot of this.#closed.values()) closed.release(slot);
  }
}

/** Counts the connections of one service. Series are made when the first comes. */
export class TcpRecorder {
  readonly direction: Direction;
  readonly #labels: DestinationLabels;
  readonly #families: Families;
  readonly #deps: TcpMetricsDeps;
  /** Whoever opened this, and each connection that is open. */
  #holders = 1;
  #series: Series | null = null;

  constructor(direction: Direction, service: ServiceKey, families: Families, deps: TcpMetricsDeps) {
    this.direction = direction;
    this.#labels = destinationLabels(direction, service);
    this.#families = families;
    this.#deps = deps;
  }

  /** A client has come. */
  clientOpened(): void {
    this.#holders += 1;
    this.#open().source.begin();
  }

  /** Its endpoint is there too. */
  endpointOpened(): void {
    this.#open().target.begin();
  }

  /** From the client to the endpoint. */
  forward(byteCount: number): void {
    const { source, target } = this.#open();
    source.read.add(byteCount);
    target.written.add(byteCount);
  }

  back(byteCount: number): void {
    const { source, target } = this.#open();
    target.read.add(byteCount);
    source.written.add(byteCount);
  }

  /** `hadClient`, `hadEndpoint`: which of the two was told of. */
  ended(record: TcpRecord, hadClient: boolean, hadEndpoint: boolean): void {
    const { faults, accessLog } = this.#deps;
    if (record.fault !== null) faults.count(this.direction, record.fault);
    accessLog?.recordConnection(record);
    if (!hadClient) return;
    const { source, target, duration } = this.#open();
    source.end(record.end);
    if (hadEndpoint) target.end(record.end);
    duration.record(record.endedMs - record.startedMs);
    this.close();
  }

  close(): void {
    this.#holders -= 1;
    if (this.#holders > 0 || this.#series === null) return;
    const { source, target, duration } = this.#series;
    this.#series = null;
    source.release();
    target.release();
    this.#families.duration.release(duration);
  }

  #open(): Series {
    this.#series ??= {
      source: new PeerSeries(this.#labels, "src", this.#families),
      target: new PeerSeries(this.#labels, "dst", this.#families),
      duration: this.#families.duration.slot(this.#labels),
    };
    return this.#series;
  }
}

interface Series {
  readonly source: PeerSeries;
  readonly target: PeerSeries;
  readonly duration: Histogram;
}
