/** The proxy by itself, for the bundle that a container image runs beside an application. */
import { becomeLean, NURSERY_MB } from "../base/platform/lean-process.ts";

becomeLean(NURSERY_MB.proxy);

// Only now: what is loaded before is loaded twice.
const { runAsProcess } = await import("../base/platform/process.ts");
const { proxy } = await import("../proxy/main.ts");
await runAsProcess(proxy, process.argv.slice(2));
