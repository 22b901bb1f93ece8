/** `heddle profile`: a ServiceProfile from what describes a service's API already. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { EXIT, ProgramError, type ProgramIo, UsageError } from "../../base/program.ts";
import { readFailure } from "../../base/read-failure.ts";
import { formatProblem } from "../../mesh/problem.ts";
import { defineVerb } from "../command.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/units.ts";
import type { DescribedApi } from "../profile/described-api.ts";

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

export const profile = defineVerb(
  {
    name: "profile",
    summary: "write a ServiceProfile from an OpenAPI or .proto file",
    description:
      "Each operation of the API becomes a route with a name of its own, and so with its own " +
      "metrics, time limit and retries. Of OpenAPI (2.0 and 3) it reads the paths, below the " +
      "servers' or the basePath, the statuses of the answers, and the fields " +
      "x-heddle-retryable, x-heddle-timeout and Linkerd's of the same meaning; of .proto files " +
      "the methods of services, and their idempotency_level.\n\n" +
      "The profile goes to standard output, and passes heddle lint. What cannot be understood " +
      "is told with its file and line, and leaves its route out: then the exit code is 1.",
    positionals: [{ name: "NAME", help: "the service" }],
    flags: {
      "open-api": {
        kind: "string",
        value: "FILE",
        completes: "files",
        help: "from this OpenAPI document, in JSON or YAML; - for standard input",
      },
      proto: {
        kind: "string",
        value: "FILE",
        completes: "files",
        help: "from this .proto file; - for standard input. Imports need not be there",
      },
      template: { kind: "boolean", help: "an example to begin with" },
      namespace: {
        kind: "string",
        short: "n",
        value: "NAME",
        default: "default",
        help: "of the service",
      },
      output: {
        kind: "enum",
        short: "o",
        values: ["yaml", "json"],
        default: "yaml",
        help: "form of the output",
      },
    },
    examples: [
      {
        command: "heddle profile books -n shop --open-api api.yaml | kubectl apply -f -",
        meaning: "routes from an OpenAPI document",
      },
      { command: "heddle profile books --proto books.proto > mesh/books.yaml", meaning: "of gRPC" },
      { command: "heddle profile books --template", meaning: "something to begin with" },
    ],
  },
  async ({ flags, positionals: [name = ""] }, { io }) => {
    const { namespace, proto, template } = flags;
    const openApi = flags["open-api"];
    for (const label of [name, namespace]) if (!LABEL.test(label)) throw noName(label);
    const given = [openApi, proto, template ? "" : undefined].filter((one) => one !== undefined);
    if (given.length !== 1) throw new UsageError("give one of --open-api, --proto and --template");
    if (template) {
      const { profileTemplate } = await import("../profile/template.ts");
      io.stdout.write(profileTemplate({ name, namespace }));
      return EXIT.ok;
    }
    const described =
      openApi === undefined
        ? await describeProto(proto ?? "-", io)
        : await describeOpenApi(openApi, io);
    const { toProfile, ROUTES_MAX } = await import("../profile/to-profile.ts");
    const made = toProfile({ name, namespace }, described.routes);
    if (made === undefined) {
      throw new ProgramError(
        `${described.routes.length} operations are more than a profile may have routes ` +
          `(${ROUTES_MAX}): leave some out of the document`,
      );
    }
    const { formatStructured } = await import("../output/structured.ts");
    io.stdout.write(await formatStructured(made.object, flags.output));
    return report(described, made.notes, io);
  },
);

function noName(label: string): UsageError {
  return new UsageError(`${JSON.stringify(label)} is no name of a service or namespace: web`);
}

async function describeOpenApi(file: string, io: ProgramIo): Promise<DescribedApi> {
  const { SourceText, SOURCE_BYTES_MAX } = await import("../profile/source-text.ts");
  const { readOpenApi } = await import("../profile/open-api.ts");
  const text = await readText(file, SOURCE_BYTES_MAX, io);
  return readOpenApi(new SourceText(shown(file), text));
}

async function describeProto(file: string, io: ProgramIo): Promise<DescribedApi> {
  const { SOURCE_BYTES_MAX } = await import("../profile/source-text.ts");
  const { readProto } = await import("../profile/proto.ts");
  return readProto(shown(file), await readText(file, SOURCE_BYTES_MAX, io));
}

function shown(file: string): string {
  return file === "-" ? "<stdin>" : file;
}

async function readText(file: string, bytesMax: number, io: ProgramIo): Promise<string> {
  if (file === "-") return await io.readStdin(bytesMax);
  try {
    const bytes = await readFile(resolve(io.workingFolder, file));
    if (bytes.length <= bytesMax) return bytes.toString("utf8");
  } catch (error) {
    throw new ProgramError(`cannot read ${file}: ${readFailure(error)}`);
  }
  throw new ProgramError(`${file} is larger than ${bytesMax} bytes`);
}

function report(
  { routes, problems }: DescribedApi,
  notes: readonly string[],
  { stderr }: ProgramIo,
): number {
  for (const problem of problems) stderr.write(`${printable(formatProblem(problem))}\n`);
  for (const note of notes) stderr.write(`${printable(note)}\n`);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  if (routes.length === 0) stderr.write("no operation was found: the profile has no routes\n");
  if (errors > 0) stderr.write(`${count(errors, "error")}: what they are about was left out\n`);
  return errors === 0 ? EXIT.ok : EXIT.failed;
}
