/**
 * A webhook over the API server at the address that it is given, without credentials: as in a pod,
 * where nothing that reads kubeconfig files is loaded. Says where it listens.
 */
import { createLog } from "../../base/log.ts";
import { createSystemRandom, systemClock, systemTimers } from "../../base/platform/system.ts";
import { defaultInjectOptions, operatorAddress } from "../../inject/inject-options.ts";
import { HttpTransport } from "../../kube/http-transport.ts";
import { startWebhook } from "../../webhook/start-webhook.ts";

const [, , server = "", tlsFolder = ""] = process.argv;
const transport = new HttpTransport({
  readCredentials: () => Promise.resolve({ server, tls: { verify: true }, headers: {} }),
  userAgent: "heddle-bench",
});
const anyPort = { host: "127.0.0.1", port: 0 };
const clusterDomain = "cluster.local";
const webhook = await startWebhook({
  ...{ transport, address: anyPort, admin: anyPort, clusterDomain, tlsFolder },
  ...{ defaultsFile: null, drainMs: 0, identity: "bench", random: createSystemRandom() },
  ...{ clock: systemClock, timers: systemTimers },
  policy: {
    defaults: defaultInjectOptions("heddle:bench", operatorAddress("heddle", clusterDomain)),
    ...{ acceptLinkerd: true, meshNamespace: "heddle", injectUnasked: false },
  },
  log: createLog({
    ...{ level: "error", format: "text", wallMs: () => systemClock.wallMs() },
    write: (line) => void process.stderr.write(line),
  }),
});
const { address, admin } = webhook;
process.stdout.write(`${JSON.stringify({ port: address.port, adminPort: admin.port })}\n`);
process.on("SIGTERM", () => process.exit(0));
