/** What any process tells of itself, by the names that dashboards already look for. */
import type { Metrics } from "../metrics.ts";

export function observeProcess(metrics: Metrics): void {
  const startSeconds = Date.now() / 1000 - process.uptime();
  metrics.observe({
    name: "process_cpu_seconds_total",
    help: "Processor time used by this process, in user and system mode.",
    type: "counter",
    read: (emit) => {
      const { user, system } = process.cpuUsage();
      emit((user + system) / 1e6);
    },
  });
  metrics.observe({
    name: "process_resident_memory_bytes",
    help: "Resident memory, pages shared with other processes included.",
    type: "gauge",
    read: (emit) => emit(process.memoryUsage.rss()),
  });
  metrics.observe({
    name: "process_start_time_seconds",
    help: "When this process started, in seconds since the epoch.",
    type: "gauge",
    read: (emit) => emit(startSeconds),
  });
}
