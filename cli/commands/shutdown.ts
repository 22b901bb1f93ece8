/** `heddle shutdown`: ends the proxy beside a job that has done its work. */
import { formatAddress } from "../../base/address.ts";
import { EXIT } from "../../base/program.ts";
import { askToGo } from "../api/proxy-lifecycle.ts";
import { defineVerb } from "../command.ts";
import { printable } from "../output/printable.ts";
import { proxyAdminFlag } from "../shared-flags.ts";

export const shutdown = defineVerb(
  {
    name: "shutdown",
    summary: "end a proxy whose application is gone",
    description:
      "The same as the signal SIGTERM, for whoever cannot send one: the last step of a job whose " +
      "proxy would run on. The proxy takes no more connections, finishes what is under way, for " +
      "its --grace-time at most, and ends with 0.\n\n" +
      "The proxy answers to its own machine only.",
    flags: { admin: proxyAdminFlag },
    examples: [{ command: "./job; heddle shutdown", meaning: "when the job has ended" }],
  },
  async ({ flags }, context) => {
    const { stage, inboundCount, outboundCount } = await askToGo(context, flags.admin, "/shutdown");
    const open = `${inboundCount} inbound and ${outboundCount} outbound connections open`;
    const where = `the proxy at ${formatAddress(flags.admin)}`;
    context.io.stdout.write(`${where} is ${printable(stage)}: ${open}\n`);
    return EXIT.ok;
  },
);
