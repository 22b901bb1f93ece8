/** `heddle diagnostics`: what operator and proxies hold, as they hold it. */
import { EXIT, ProgramError, UsageError } from "../../base/program.ts";
import { formatServiceKey } from "../../mesh/service-key.ts";
import type { OperatorQueries } from "../api/operator-api.ts";
import { ProxyApi } from "../api/proxy-api.ts";
import { findOperator } from "../cluster/find-operator.ts";
import { findProxy, type PodName, parsePod } from "../cluster/find-proxy.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { endpointColumns, endpointsOf, heldColumns } from "../output/diagnostics-table.ts";
import { choosePaint } from "../output/paint.ts";
import { formatStructured } from "../output/structured.ts";
import { type Column, formatTable } from "../output/table.ts";
import { operatorFlags, outputFlag, proxyAdminFlag } from "../shared-flags.ts";

const SUBJECTS = ["pod", "endpoints", "proxy-config", "proxy-metrics", "operator-metrics"] as const;

type OutputForm = (typeof outputFlag.values)[number];

export const diagnostics = defineVerb(
  {
    name: "diagnostics",
    summary: "show what operator and proxies hold, as they hold it",
    description:
      "pod NAME: each resource that the pod's proxy asked for, the revision that it holds and " +
      "the one that it should hold; with --service what the operator sends clients of the pod's " +
      "namespace for that service, whole.\n\n" +
      "endpoints SERVICE: where the operator says that the service is served.\n\n" +
      "proxy-config NAME, proxy-metrics NAME: what the pod's proxy says of itself; without NAME " +
      "the proxy at --admin.\n\n" +
      "operator-metrics: those of the operator that leads.\n\n" +
      "NAME is a pod, or NAMESPACE/NAME; off Kubernetes the name that a proxy gave itself. " +
      "SERVICE is web:80 or web.shop:80; without a port that of a service that has one.",
    positionals: [
      { name: "WHAT", values: SUBJECTS },
      { name: "NAME", optional: true },
    ],
    flags: {
      service: { kind: "string", value: "SERVICE", help: "with pod: all about this service" },
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        help: "of the pod or service; if absent that of the cluster's context, or default",
      },
      output: outputFlag,
      admin: proxyAdminFlag,
      ...operatorFlags,
    },
    examples: [
      { command: "heddle diagnostics pod shop/web-0", meaning: "has it got my change?" },
      {
        command: "heddle diagnostics pod shop/web-0 --service books.shop:80",
        meaning: "all routes, splits and endpoints that it gets",
      },
      { command: "heddle diagnostics endpoints books.shop:80", meaning: "who serves it?" },
    ],
  },
  async ({ flags, positionals: [what = "", name] }, context) => {
    if (flags.service !== undefined && what !== "pod")
      throw new UsageError(`--service goes with diagnostics pod, not with ${what}`);
    if (what === "proxy-config" || what === "proxy-metrics") {
      return await showProxy(what, { ...flags, pod: inNamespace(name, flags.namespace) }, context);
    }
    const { operator, cluster } = await findOperator(flags, context);
    const namespace = flags.namespace ?? cluster?.namespace ?? "default";
    try {
      if (what === "operator-metrics") {
        context.io.stdout.write(await operator.metrics());
        return EXIT.ok;
      }
      if (name === undefined) throw new UsageError(`NAME is missing: diagnostics ${what} NAME`);
      const show = { operator, namespace, output: flags.output, context };
      if (what === "endpoints") return await showEndpoints(name, show);
      const pod = parsePod(name, namespace);
      if (flags.service === undefined) return await showHeld(pod, show);
      return await showService(flags.service, { ...show, namespace: pod.namespace });
    } finally {
      cluster?.close();
    }
  },
);

interface Show {
  readonly operator: OperatorQueries;
  readonly namespace: string;
  readonly output: OutputForm;
  readonly context: CommandContext;
}

function inNamespace(name: string | undefined, namespace: string | undefined) {
  if (name === undefined || namespace === undefined || name.includes("/")) return name;
  return `${namespace}/${name}`;
}

async function showProxy(
  what: "proxy-config" | "proxy-metrics",
  flags: Parameters<typeof findProxy>[0] & { readonly output: OutputForm },
  context: CommandContext,
): Promise<number> {
  const { get, address, place, close } = await findProxy(flags, context);
  const api = new ProxyApi(get, address, place);
  const { stdout } = context.io;
  try {
    if (what === "proxy-metrics") stdout.write(await api.metrics());
    else {
      const form = flags.output === "yaml" ? "yaml" : "json";
      stdout.write(await formatStructured(await api.config(), form));
    }
  } finally {
    close();
  }
  return EXIT.ok;
}

async function showHeld(pod: PodName, show: Show): Promise<number> {
  const { sessions } = await show.operator.sessions(pod);
  if (isStructured(show.output)) {
    show.context.io.stdout.write(await formatStructured({ sessions }, show.output));
  } else {
    const rows = sessions.flatMap(({ resources }) => resources);
    if (sessions.length > 0) printTable(heldColumns(), rows, show);
  }
  if (sessions.some(({ isOwn }) => !isOwn)) {
    show.context.io.stderr.write(
      "the operator that serves this proxy does not answer: what the others were told is shown, " +
        "and that is not all\n",
    );
  }
  if (sessions.length > 0) return EXIT.ok;
  show.context.io.stderr.write(
    `no proxy of ${pod.namespace}/${pod.name} is connected to an operator; ` +
      "what it would be sent is shown with --service\n",
  );
  return EXIT.failed;
}

/** The destination, and every endpoint set that it names. */
async function showService(service: string, show: Show): Promise<number> {
  const { operator, namespace, output, context } = show;
  const key = await findKey(service, show);
  const { resource: destination } = await operator.resource({
    type: "destination",
    key,
    namespace,
  });
  if (destination === null) throw unknownService(service);
  const { body } = destination;
  const named = typeof body === "object" && body !== null && "endpointSets" in body;
  const sets = named && Array.isArray(body.endpointSets) ? body.endpointSets : [];
  const endpoints = await Promise.all(
    sets.map(async (set: unknown) => {
      const query = { type: "endpoints", key: String(set), namespace } as const;
      return (await operator.resource(query)).resource ?? { key: String(set), body: null };
    }),
  );
  const form = output === "json" ? "json" : "yaml";
  context.io.stdout.write(await formatStructured({ destination, endpoints }, form));
  return EXIT.ok;
}

async function showEndpoints(service: string, show: Show): Promise<number> {
  const { operator, namespace, output, context } = show;
  const key = await findKey(service, show);
  const { resource } = await operator.resource({ type: "endpoints", key, namespace });
  if (resource === null) throw unknownService(service);
  if (isStructured(output)) {
    context.io.stdout.write(await formatStructured(resource, output));
  } else {
    const endpoints = endpointsOf(resource.body);
    if (endpoints.length === 0) context.io.stderr.write(`${service} has no endpoints\n`);
    else printTable(endpointColumns(), endpoints, show);
  }
  return EXIT.ok;
}

const SERVICE = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?)?(?::(\d{1,5}))?$/;

/** Asks which ports there are where none is named. */
async function findKey(text: string, { operator, namespace }: Show): Promise<string> {
  const [, name, ownNamespace = namespace, port] = SERVICE.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(`${JSON.stringify(text)} is no service: web:80, or web.shop:80`);
  }
  const at = (number: number) =>
    formatServiceKey({ scheme: "svc", namespace: ownNamespace, name, port: number });
  if (port !== undefined) return at(Number(port));
  const { services } = await operator.services(ownNamespace);
  const ports = services.find((one) => one.name === name)?.ports ?? [];
  const [only, ...others] = ports;
  if (only === undefined) throw unknownService(text);
  if (others.length === 0) return at(only.port);
  const known = ports.map((one) => one.port).join(", ");
  throw new UsageError(`${text} has the ports ${known}: name one, as ${text}:${only.port}`);
}

function unknownService(text: string): ProgramError {
  return new ProgramError(
    `the operator knows no service ${text}; "heddle get services" lists those that it knows`,
  );
}

function isStructured(output: OutputForm): output is "json" | "yaml" {
  return output === "json" || output === "yaml";
}

function printTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { output, context: { io } }: Show,
): void {
  const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
  io.stdout.write(formatTable(columns, rows, { paint, wide: output === "wide" }));
}
