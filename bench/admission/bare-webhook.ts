/**
 * A webhook over the API server at the address that it is given, without credentials: as in a pod,
 * where nothing that reads kubeconfig files is loaded. With the engine's settings that are shipped.
 * Says where it listens, and at SIGUSR2 how much lives in its heap when all garbage is collected.
 */
import { becomeLean, NURSERY_MB } from "../../base/platform/lean-process.ts";

becomeLean(NURSERY_MB.webhook);

const { createLog } = await import("../../base/log.ts");
const system = await import("../../base/platform/system.ts");
const { createSystemRandom, systemClock, systemTimers } = system;
const { defaultInjectOptions, operatorAddress } = await import("../../inject/inject-options.ts");
const { HttpTransport } = await import("../../kube/http-transport.ts");
const { startWebhook } = await import("../../webhook/start-webhook.ts");

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
process.on("SIGUSR2", () => {
  // The first leaves what finalizers are still to let go.
  for (let round = 0; round < 2; round++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${JSON.stringify({ liveBytes: heapUsed + external })}\n`);
});
process.on("SIGTERM", () => process.exit(0));
