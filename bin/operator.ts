/** The operator by itself, for the bundle that a container image runs. */
import { runAsProcess } from "../base/platform/process.ts";
import { operator } from "../operator/main.ts";

await runAsProcess(operator, process.argv.slice(2));
