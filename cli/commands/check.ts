/** `heddle check`: does everything work, and what is to be done where it does not. */
import { EXIT } from "../../base/program.ts";
import type { RunGroup } from "../checks/check-group.ts";
import { checkProxy } from "../checks/check-proxy.ts";
import { defineVerb } from "../command.ts";
import { formatChecks, hasPassed } from "../output/check-list.ts";
import { choosePaint } from "../output/paint.ts";
import { formatStructured } from "../output/structured.ts";
import { proxyAdminFlag, textOutputFlag } from "../shared-flags.ts";

interface Selectable {
  readonly isAsked: (flags: { readonly proxy: boolean }) => boolean;
  readonly run: RunGroup;
}

/** All of them run where none is asked for. */
const GROUPS: readonly Selectable[] = [{ isAsked: ({ proxy }) => proxy, run: checkProxy }];

export const check = defineVerb(
  {
    name: "check",
    summary: "check that everything works, and say what to do where it does not",
    description:
      "Asks a running proxy whether it is ready, whether connections of applications really come " +
      "to it (it dials itself through the kernel's rules to find out), whether an operator is " +
      "connected and how old its word is, how many files it may open, and which connections came " +
      "past it.\n\n" +
      "The exit code is 1 when a check has failed; a warning alone leaves it 0.",
    flags: {
      proxy: { kind: "boolean", help: "only the proxy at --admin" },
      output: textOutputFlag,
      admin: proxyAdminFlag,
    },
    examples: [
      { command: "heddle check --proxy", meaning: "is this proxy in the way of traffic?" },
      { command: "heddle check --proxy -o json", meaning: "for a script" },
    ],
  },
  async ({ flags }, context) => {
    const asked = GROUPS.filter(({ isAsked }) => isAsked(flags));
    const chosen = asked.length === 0 ? GROUPS : asked;
    const places = { proxyAdmin: flags.admin };
    const groups = await Promise.all(chosen.map(({ run }) => run(context, places)));
    const passed = hasPassed(groups);
    const { io } = context;
    if (flags.output === "text") {
      const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
      io.stdout.write(formatChecks(groups, paint));
    } else {
      io.stdout.write(await formatStructured({ passed, groups }, flags.output));
    }
    return passed ? EXIT.ok : EXIT.failed;
  },
);
