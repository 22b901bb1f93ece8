/** `heddle run`: a whole mesh from a folder of YAML, on this machine, with nothing else. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Address, formatAddress, isLoopbackHost, parseAddress } from "../../base/address.ts";
import { ProgramError, UsageError } from "../../base/program.ts";
import {
  accessLogFlag,
  appLimitFlags,
  logFormatFlag,
  logLevelFlag,
  workersFlag,
} from "../../base/program-flags.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { reservePorts, type WantedAddress } from "../run/reserve-ports.ts";
import { runStandalone } from "../run/standalone.ts";
import { OPERATOR_ADMIN_DEFAULT, PROXY_ADMIN_DEFAULT } from "../shared-flags.ts";

export const run = defineVerb(
  {
    name: "run",
    summary: "run a mesh from a folder of YAML: an operator and one proxy",
    description:
      "Starts an operator that reads DIR and follows its changes, and one proxy that it " +
      'configures. When traffic can be sent, a line beginning with "ready" goes to standard ' +
      "output; logs go to standard error. A program that dies is started again. Ctrl-C or " +
      "SIGTERM stops both in good order.\n\n" +
      "Applications send their requests to --outbound and name the service in Host. With " +
      "--inbound the same proxy also stands in front of an application of this machine.\n\n" +
      "Port 0 takes any port that is free.",
    positionals: [{ name: "DIR", help: "folder of YAML and JSON files", completes: "folders" }],
    flags: {
      outbound: {
        kind: "address",
        default: "127.0.0.1:4140",
        help: "where applications send requests",
      },
      inbound: { kind: "address", help: "where requests for --app arrive" },
      app: {
        kind: "string",
        value: "SERVICE=HOST:PORT",
        repeatable: true,
        help: "the application behind --inbound, and the service that it is",
      },
      ...appLimitFlags,
      admin: {
        kind: "address",
        default: PROXY_ADMIN_DEFAULT,
        help: "where the proxy answers questions (metrics, readiness, explain)",
      },
      control: {
        kind: "address",
        default: "127.0.0.1:4190",
        help: "where the operator serves proxies; this machine only",
      },
      "operator-admin": {
        kind: "address",
        default: OPERATOR_ADMIN_DEFAULT,
        help: "where the operator answers questions (metrics, readiness, get, stat)",
      },
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        default: "default",
        help: "the proxy's own, where short names of services are looked for",
      },
      "cluster-domain": {
        kind: "string",
        value: "NAME",
        default: "cluster.local",
        help: "what follows .svc. in full names",
      },
      egress: {
        kind: "boolean",
        help: "let names that the mesh does not know out, by DNS",
      },
      limit: {
        kind: "string",
        value: "NAME=NUMBER",
        repeatable: true,
        help: "move a bound of the proxy, such as headBytesMax=131072",
      },
      workers: workersFlag,
      state: {
        kind: "string",
        value: "DIR",
        completes: "folders",
        help: "where the operator keeps what it last accepted",
      },
      "access-log": accessLogFlag,
      "log-level": logLevelFlag,
      "log-format": logFormatFlag,
    },
    examples: [
      { command: "heddle run ./mesh", meaning: "with the usual ports" },
      {
        command: "heddle run ./mesh --inbound 127.0.0.1:8080 --app web=127.0.0.1:3000",
        meaning: "the proxy also stands in front of web, which listens on port 3000",
      },
      {
        command: "heddle run ./mesh --outbound 127.0.0.1:0 --access-log text",
        meaning: "any free port, and a line for every request",
      },
    ],
  },
  async ({ flags, positionals: [folder = ""] }, context) => {
    await checkFolder(folder, context);
    checkControl(flags.control);
    checkApps(flags.app, flags.inbound);
    const wanted: WantedAddress[] = [
      { flag: "--outbound", address: flags.outbound },
      { flag: "--admin", address: flags.admin },
      { flag: "--control", address: flags.control },
      { flag: "--operator-admin", address: flags["operator-admin"] },
    ];
    if (flags.inbound !== undefined) wanted.push({ flag: "--inbound", address: flags.inbound });
    const real = await reservePorts(wanted, context.listen);
    return await runStandalone(
      {
        folder,
        outbound: real[0] ?? flags.outbound,
        admin: real[1] ?? flags.admin,
        control: real[2] ?? flags.control,
        operatorAdmin: real[3] ?? flags["operator-admin"],
        inbound: real[4],
        apps: flags.app,
        appLimits: {
          concurrency: flags["app-concurrency"],
          adaptive: flags["app-adaptive"],
          queueLength: flags["app-queue"],
          queueTimeoutMs: flags["app-queue-timeout"],
        },
        namespace: flags.namespace,
        clusterDomain: flags["cluster-domain"],
        egress: flags.egress,
        limits: flags.limit,
        workers: flags.workers,
        state: flags.state,
        accessLog: flags["access-log"],
        logLevel: flags["log-level"],
        logFormat: flags["log-format"],
      },
      { level: flags["log-level"], format: flags["log-format"] },
      context,
    );
  },
);

async function checkFolder(folder: string, { io }: CommandContext): Promise<void> {
  const path = resolve(io.workingFolder, folder);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new ProgramError(`there is no folder ${path}`);
  if (!found.isDirectory()) {
    throw new ProgramError(`${path} is a file; name the folder that it is in`);
  }
}

/** There is no TLS between these two, so nobody outside this machine may reach them. */
function checkControl(control: Address): void {
  if (isLoopbackHost(control.host)) return;
  throw new UsageError(
    `--control: ${formatAddress(control)} can be reached from elsewhere, and the two ` +
      "programs speak without TLS; use a loopback address such as 127.0.0.1:4190, or run " +
      "heddle operator with --control-tls",
  );
}

function checkApps(apps: readonly string[], inbound: Address | undefined): void {
  for (const app of apps) {
    const [service = "", address = "", ...rest] = app.split("=");
    if (service !== "" && rest.length === 0 && parseAddress(address) !== undefined) continue;
    throw new UsageError(
      `--app: ${JSON.stringify(app)} is not SERVICE=HOST:PORT, such as web=127.0.0.1:3000`,
    );
  }
  if (apps.length > 0 && inbound === undefined) {
    throw new UsageError("--app needs --inbound HOST:PORT: where its requests arrive");
  }
  if (apps.length === 0 && inbound !== undefined) {
    throw new UsageError("--inbound needs --app SERVICE=HOST:PORT: what stands behind it");
  }
}
