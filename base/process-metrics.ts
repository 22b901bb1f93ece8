/** What a process costs, by the names that dashboards already look for. */
import type { Metrics } from "./metrics.ts";

/** What the platform says of this process. */
export interface ProcessFigures {
  readonly cpuSeconds: () => number;
  readonly residentBytes: () => number;
  readonly startedAtSeconds: number;
  /** Open files, sockets included, and how many there may be; null where nobody says. */
  readonly openFiles: () => number | null;
  readonly openFilesMax: number | null;
}

export function observeProcess(metrics: Metrics, figures: ProcessFigures): void {
  metrics.observe({
    name: "process_cpu_seconds_total",
    help: "Processor time used by this process, in user and system mode.",
    type: "counter",
    read: (emit) => emit(figures.cpuSeconds()),
  });
  metrics.observe({
    name: "process_resident_memory_bytes",
    help: "Resident memory, pages shared with other processes included.",
    type: "gauge",
    read: (emit) => emit(figures.residentBytes()),
  });
  metrics.observe({
    name: "process_start_time_seconds",
    help: "When this process started, in seconds since the epoch.",
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
}
