/**
 * A mesh on one machine: an operator and one proxy as two processes, started in order, kept alive,
 * stopped in the opposite order.
 */
import { type Address, formatAddress } from "../../base/address.ts";
import { Backoff } from "../../base/backoff.ts";
import { createLog, type Log, type LogFormat, type LogLevel } from "../../base/log.ts";
import { EXIT, whenAborted } from "../../base/program.ts";
import { OperatorApi } from "../api/operator-api.ts";
import type { CommandContext } from "../command.ts";
import { choosePaint, type Paint } from "../output/paint.ts";
import { operatorArguments, proxyArguments, type StandaloneOptions } from "./child-arguments.ts";
import { exampleService } from "./example-service.ts";
import { LineMerger } from "./merge-lines.ts";
import type { SpawnEvents } from "./spawn.ts";
import { SupervisedProgram } from "./supervised-program.ts";

const RESTART_BASE_MS = 250;
const RESTART_MAX_MS = 10_000;

/** Prefixes are as wide as the longest of them. */
const PREFIX_WIDTH = "operator".length;

export interface StandaloneLog {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** Runs until it is asked to stop. Addresses must have real ports. */
export async function runStandalone(
  options: StandaloneOptions,
  logging: StandaloneLog,
  context: CommandContext,
): Promise<number> {
  const { io, clock } = context;
  const paint = choosePaint({ isTerminal: io.stderr.isTerminal, environment: io.env });
  const log = createLog({
    ...logging,
    wallMs: () => clock.wallMs(),
    write: (line) => io.stderr.write(prefixFor("run", logging.format, paint) + line),
  });
  const supervise = (name: string, args: readonly string[], admin: Address) =>
    createSupervised({ name, args, admin, logging, paint, log }, context);
  const operator = supervise("operator", operatorArguments(options), options.operatorAdmin);
  const proxy = supervise("proxy", proxyArguments(options), options.admin);
  const stopAll = async (): Promise<void> => {
    // The proxy first: while it lets its requests finish, it may still want the operator.
    await proxy.stop();
    await operator.stop();
  };
  const stopped = whenAborted(io.stop).then(async () => {
    log.info("stopping", { signal: String(io.stop.reason) });
    await stopAll();
    return EXIT.ok;
  });
  const running = startInOrder(operator, proxy, options, context).catch(async (error: unknown) => {
    // A start that was interrupted is no failure.
    if (io.stop.aborted) return;
    await stopAll();
    throw error;
  });
  return await Promise.race([stopped, running.then(() => stopped)]);
}

async function startInOrder(
  operator: SupervisedProgram,
  proxy: SupervisedProgram,
  options: StandaloneOptions,
  context: CommandContext,
): Promise<void> {
  await operator.start();
  await proxy.start();
  context.io.stdout.write(await describeReady(options, context));
}

interface ChildOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly admin: Address;
  readonly logging: StandaloneLog;
  readonly paint: Paint;
  readonly log: Log;
}

function createSupervised(child: ChildOptions, context: CommandContext): SupervisedProgram {
  const { io, clock, timers, random, get, createSpawn } = context;
  const prefix = prefixFor(child.name, child.logging.format, child.paint);
  const lines = new LineMerger(prefix, (line) => io.stderr.write(line));
  return new SupervisedProgram({
    name: child.name,
    args: child.args,
    spawn: createSpawn({
      command: io.selfCommand,
      workingFolder: io.workingFolder,
      env: io.env,
    }),
    probe: () =>
      get(child.admin, "/ready").then(
        (answer) => answer.status === 200,
        () => false,
      ),
    output: (bytes: Parameters<SpawnEvents["output"]>[0] | null) =>
      bytes === null ? lines.end() : lines.push(bytes),
    backoff: new Backoff({ baseMs: RESTART_BASE_MS, maxMs: RESTART_MAX_MS, random }),
    clock,
    timers,
    log: child.log,
  });
}

/** JSON lines stay JSON: there the programs' own fields tell them apart. */
function prefixFor(name: string, format: LogFormat, paint: Paint): string {
  return format === "json" ? "" : paint("dim", `${name.padEnd(PREFIX_WIDTH)} | `);
}

/** What a person or a script is told once traffic can be sent. Its first word is a promise. */
async function describeReady(options: StandaloneOptions, context: CommandContext): Promise<string> {
  const outbound = formatAddress(options.outbound);
  const service = await anyService(options, context);
  const explain = `GET http://${service}/${unusual("--admin", options.admin, 4191)}`;
  const operator = unusual("--operator-admin", options.operatorAdmin, 4192);
  const lines = [
    `ready: send requests to http://${outbound} with the service's name in Host`,
    `  try   curl -H 'Host: ${service}' http://${outbound}/`,
    `  why   heddle explain ${explain}`,
    `  look  heddle get services${operator}`,
    "  stop  Ctrl-C",
  ];
  if (options.inbound !== undefined) {
    lines.splice(1, 0, `  in    ${formatAddress(options.inbound)} for ${options.apps.join(", ")}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The flag where the address is not the usual one. */
function unusual(flag: string, address: Address, port: number): string {
  const isDefault = address.host === "127.0.0.1" && address.port === port;
  return isDefault ? "" : ` ${flag} ${formatAddress(address)}`;
}

/** The name of a service that takes requests now, for an example that works. */
async function anyService(options: StandaloneOptions, context: CommandContext): Promise<string> {
  try {
    const { services } = await new OperatorApi(context.get, options.operatorAdmin).services(
      undefined,
    );
    return exampleService(services, options.namespace) ?? "web";
  } catch {
    // Only an example depends on it.
    return "web";
  }
}
