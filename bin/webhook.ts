/** The webhook by itself, for the bundle that a container image runs. */
import { becomeLean, NURSERY_MB } from "../base/platform/lean-process.ts";

becomeLean(NURSERY_MB.webhook);

// Only now: what is loaded before is loaded twice.
const { runAsProcess } = await import("../base/platform/process.ts");
const { webhook } = await import("../webhook/main.ts");
await runAsProcess(webhook, process.argv.slice(2));
