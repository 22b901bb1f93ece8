/** What the process costs, under the names that every Prometheus dashboard knows. */
import type { Metrics } from "../../base/metrics.ts";

/** What the platform says of this process. */
export interface ProcessFigures {
  readonly cpuSeconds: () => number;
  readonly residentBytes: () => number;
  readonly startedAtSeconds: number;
  /** Open files, sockets included, and how many there may be; null where nobody says. */
  readonly openFiles: () => number | null;
  readonly openFilesMax: number | null;
  /** The longest turn of the loop since it was asked last, in seconds; null when not measured. */
  readonly takeLoopDelaySeconds: (() => number) | null;
}

export function observeProcess(metrics: Metrics, figures: ProcessFigures, version: string): void {
  metrics.observe({
    name: "process_cpu_seconds_total",
    help: "User and system time spent.",
    type: "counter",
    read: (emit) => emit(figures.cpuSeconds()),
  });
  metrics.observe({
    name: "process_resident_memory_bytes",
    help: "Resident memory.",
    type: "gauge",
    read: (emit) => emit(figures.residentBytes()),
  });
  metrics.observe({
    name: "process_start_time_seconds",
    help: "When the process started, since the epoch.",
    type: "gauge",
    read: (emit) => emit(figures.startedAtSeconds),
  });
  metrics.observe({
    name: "process_open_fds",
    help: "Open files, sockets included.",
    type: "gauge",
    read: (emit) => {
      const count = figures.openFiles();
      if (count !== null) emit(count);
    },
  });
  metrics.observe({
    name: "process_max_fds",
    help: "How many files may be open.",
    type: "gauge",
    read: (emit) => {
      if (figures.openFilesMax !== null) emit(figures.openFilesMax);
    },
  });
  metrics.observe({
    name: "heddle_build_info",
    help: "Always 1; the label says which version runs.",
    type: "gauge",
    labels: ["version"],
    read: (emit) => emit(1, version),
  });
  const { takeLoopDelaySeconds } = figures;
  if (takeLoopDelaySeconds === null) return;
  metrics.observe({
    name: "heddle_loop_delay_max_seconds",
    help: "Longest turn of the event loop since the last scrape.",
    type: "gauge",
    read: (emit) => emit(takeLoopDelaySeconds()),
  });
}
