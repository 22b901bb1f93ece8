/**
 * Which product a command line is for. The only file that knows them all: each is imported when
 * it is asked for and not before, so that a proxy never loads the operator or the command line.
 */
import { becomeLean, NURSERY_MB } from "../base/platform/lean-process.ts";
import { runAsProcess } from "../base/platform/process.ts";
import type { Program } from "../base/program.ts";

async function findProgram(name: string | undefined): Promise<Program | undefined> {
  switch (name) {
    case "operator":
      return (await import("../operator/main.ts")).operator;
    case "webhook":
      becomeLean(NURSERY_MB.webhook);
      return (await import("../webhook/main.ts")).webhook;
    case "proxy":
      becomeLean(NURSERY_MB.proxy);
      return (await import("../proxy/main.ts")).proxy;
    case "init":
      return (await import("../proxy/init/main.ts")).init;
    default:
      return undefined;
  }
}

const [first, ...rest] = process.argv.slice(2);
const product = await findProgram(first);
if (product === undefined) {
  const { createCli } = await import("../cli/main.ts");
  // For help and completion, which tell about every command.
  const cli = createCli({
    operator: async () => (await import("../operator/main.ts")).operatorCommand,
    webhook: async () => (await import("../webhook/main.ts")).webhookCommand,
    proxy: async () => (await import("../proxy/main.ts")).proxyCommand,
    init: async () => (await import("../proxy/init/main.ts")).initCommand,
  });
  await runAsProcess(cli, process.argv.slice(2));
} else {
  await runAsProcess(product, rest);
}
