/**
 * An operator over the API server at the address that it is given, without credentials: as in a
 * pod, where nothing that reads kubeconfig files is loaded. Says when it is ready.
 */
import { createLog } from "../../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../../base/platform/system.ts";
import { HttpTransport } from "../../kube/http-transport.ts";
import { startOperator } from "../../operator/start-operator.ts";

const [, , server = ""] = process.argv;
const tls = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  serverName: undefined,
  verify: true,
};
const transport = new HttpTransport({
  readCredentials: () => Promise.resolve({ server, tls, headers: {} }),
  userAgent: "heddle-bench",
});
const anyPort = { host: "127.0.0.1", port: 0 };
const operator = await startOperator({
  from: {
    ...{ type: "kubernetes", transport, random: createSystemRandom() },
    ...{ namespace: "heddle", identity: "bench" },
  },
  ...{ control: anyPort, admin: anyPort, clusterDomain: "cluster.local" },
  ...{ clock: systemClock, timers: systemTimers },
  log: createLog({
    ...{ level: "warn", format: "text", wallMs: () => systemClock.wallMs() },
    write: (line) => void process.stderr.write(line),
  }),
});
process.stdout.write(`${JSON.stringify(operator.admin)}\n`);
process.on("SIGTERM", () => process.exit(0));
