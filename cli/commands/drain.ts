/** `heddle drain`: the workload is going. Where pods end, this is what their preStop hook runs. */
import { formatAddress } from "../../base/address.ts";
import { formatDuration } from "../../base/duration.ts";
import { EXIT, ProgramError } from "../../base/program.ts";
import { askToGo } from "../api/proxy-lifecycle.ts";
import { defineVerb } from "../command.ts";
import { printable } from "../output/printable.ts";
import { pause } from "../pause.ts";
import { proxyAdminFlag } from "../shared-flags.ts";

const POLL_INTERVAL_MS = 200;
/** A caller that is told to close has no connection until its next one, and will be back. */
const QUIET_MS = 1_000;

export const drain = defineVerb(
  {
    name: "drain",
    summary: "tell a proxy that the application behind it is going",
    description:
      "The proxy is not ready any more, and says in each answer to a caller that it is the last " +
      "of its connection. New connections are still served, nothing is cut, and what the " +
      "application itself sends goes on as before. Stop the application afterwards, and then the " +
      "proxy. It may be asked again.\n\n" +
      "The proxy answers to its own machine only.",
    flags: {
      wait: { kind: "boolean", help: "return when no caller was connected for a second" },
      timeout: {
        kind: "duration",
        needs: ["wait"],
        default: "30s",
        help: "with --wait: give up after this long",
      },
      admin: proxyAdminFlag,
    },
    examples: [
      {
        command: "heddle drain --wait --timeout 20s",
        meaning: "before the application is stopped",
      },
    ],
  },
  async ({ flags }, context) => {
    const where = `the proxy at ${formatAddress(flags.admin)}`;
    const deadlineMs = context.clock.nowMs() + flags.timeout;
    let now = await askToGo(context, flags.admin, "/drain");
    let seenMs = context.clock.nowMs();
    while (flags.wait) {
      const nowMs = context.clock.nowMs();
      if (now.inboundCount > 0) seenMs = nowMs;
      else if (nowMs - seenMs >= QUIET_MS || nowMs >= deadlineMs) break;
      if (nowMs >= deadlineMs) {
        const limit = formatDuration(flags.timeout);
        throw new ProgramError(`${where} has ${callers(now.inboundCount)} after ${limit}`);
      }
      if (!(await pause(context, POLL_INTERVAL_MS))) return EXIT.failed;
      now = await askToGo(context, flags.admin, "/drain");
    }
    context.io.stdout.write(`${where} is ${printable(now.stage)}: ${callers(now.inboundCount)}\n`);
    return EXIT.ok;
  },
);

function callers(count: number): string {
  return count === 1 ? "1 caller connected" : `${count} callers connected`;
}
