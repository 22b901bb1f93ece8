/** The proxy by itself, for the bundle that a container image runs beside an application. */
import { runAsProcess } from "../base/platform/process.ts";
import { proxy } from "../proxy/main.ts";

await runAsProcess(proxy, process.argv.slice(2));
