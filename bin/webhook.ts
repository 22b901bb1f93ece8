/** The webhook by itself, for the bundle that a container image runs. */
import { runAsProcess } from "../base/platform/process.ts";
import { webhook } from "../webhook/main.ts";

await runAsProcess(webhook, process.argv.slice(2));
