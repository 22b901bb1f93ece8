/** What Node and the system say of this process. */
import type { ProcessFigures } from "../process-metrics.ts";
import { countOpenFiles, readOpenFilesMax } from "./open-files.ts";

export function readProcessFigures(): ProcessFigures {
  return {
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    residentBytes: () => process.memoryUsage.rss(),
    startedAtSeconds: Date.now() / 1_000 - process.uptime(),
    openFiles: countOpenFiles,
    openFilesMax: readOpenFilesMax(),
  };
}
