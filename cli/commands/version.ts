/** `heddle version`: this program's, and those of the programs that run. */
import { type Address, formatAddress, parseAddress } from "../../base/address.ts";
import { EXIT, ProgramError } from "../../base/program.ts";
import { VERSION } from "../../base/version.ts";
import { fetchAnswer, type Peer } from "../api/ask.ts";
import { findCluster, type OperatorFlags } from "../cluster/find-operator.ts";
import { type CommandContext, defineVerb } from "../command.ts";
import { printable } from "../output/printable.ts";
import { formatStructured } from "../output/structured.ts";
import {
  OPERATOR_ADMIN_DEFAULT,
  operatorFlags,
  proxyAdminFlag,
  textOutputFlag,
} from "../shared-flags.ts";

/** One line of the answer. */
interface VersionLine {
  readonly program: "client" | "operator" | "proxy";
  /** Null where the program cannot be reached, or is too old to tell. */
  readonly version: string | null;
  readonly address: string | null;
}

export const version = defineVerb(
  {
    name: "version",
    summary: "show the versions of this program and of the operator and proxy that run",
    description:
      "What does not run is shown as unavailable; that is no failure. With --client nothing else " +
      "is asked.",
    flags: {
      client: { kind: "boolean", help: "only this program's version" },
      output: textOutputFlag,
      admin: proxyAdminFlag,
      ...operatorFlags,
    },
    examples: [{ command: "heddle version -o json", meaning: "for a script" }],
  },
  async ({ flags }, context) => {
    const lines: VersionLine[] = [{ program: "client", version: VERSION, address: null }];
    if (!flags.client) {
      lines.push(
        ...(await Promise.all([
          askOperator(flags, context),
          askVersion("proxy", flags.admin, context),
        ])),
      );
    }
    const { stdout } = context.io;
    if (flags.output === "text") stdout.write(lines.map(formatLine).join(""));
    else stdout.write(await formatStructured({ versions: lines }, flags.output));
    return EXIT.ok;
  },
);

async function askOperator(flags: OperatorFlags, context: CommandContext): Promise<VersionLine> {
  const usual = parseAddress(OPERATOR_ADMIN_DEFAULT) ?? { host: "127.0.0.1", port: 4192 };
  const program = "operator";
  try {
    const cluster = await findCluster(flags, context);
    if (cluster === undefined) {
      return await askVersion(program, flags["operator-admin"] ?? usual, context);
    }
    const { ClusterOperator } = await import("../cluster/cluster-operator.ts");
    const meshNamespace = flags["mesh-namespace"];
    try {
      const operator = new ClusterOperator({ cluster, meshNamespace, note: () => {} });
      const { version: found, pod } = await operator.version();
      return { program, version: found, address: `pod ${pod}` };
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      return { program, version: null, address: `context ${cluster.context}` };
    } finally {
      cluster.close();
    }
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return { program, version: null, address: "the cluster" };
  }
}

async function askVersion(
  program: "operator" | "proxy",
  address: Address,
  context: CommandContext,
): Promise<VersionLine> {
  const peer: Peer =
    program === "operator"
      ? { name: "the operator", flag: "--operator-admin", address }
      : { name: "the proxy", flag: "--admin", address };
  const where = formatAddress(address);
  try {
    const { status, text } = await fetchAnswer(context, peer, "/version");
    return { program, version: status === 200 ? readVersion(text) : null, address: where };
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    return { program, version: null, address: where };
  }
}

function readVersion(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("version" in value)) return null;
    return typeof value.version === "string" ? value.version : null;
  } catch {
    return null;
  }
}

function formatLine({ program, version: found, address }: VersionLine): string {
  const name = `${program}:`.padEnd(10);
  const where = address === null ? "" : ` (${address})`;
  return `${name}${printable(found ?? "unavailable")}${where}\n`;
}
