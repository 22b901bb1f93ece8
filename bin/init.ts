/** The program that sets the redirect rules by itself, for the init container of a pod. */
import { runAsProcess } from "../base/platform/process.ts";
import { init } from "../proxy/init/main.ts";

await runAsProcess(init, process.argv.slice(2));
