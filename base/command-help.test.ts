import { describe, expect, it } from "vitest";
import { formatCommandHelp } from "./command-help.ts";
import { defineCommand } from "./flags.ts";

const spec = defineCommand({
  name: "get",
  summary: "list objects with their status",
  description: "Asks the operator.\nWhat it shows is what proxies run.\n\nNothing is changed.",
  positionals: [
    { name: "KIND", values: ["profiles", "splits"] },
    { name: "NAME", optional: true, repeatable: true, help: "only these" },
  ],
  flags: {
    output: { kind: "enum", short: "o", values: ["table", "json"], default: "table", help: "how" },
    "operator-admin": {
      kind: "address",
      default: "127.0.0.1:4192",
      env: "HEDDLE_OPERATOR_ADMIN",
      help: "where the operator's admin port is",
    },
    header: {
      kind: "string",
      short: "H",
      value: "'NAME: VALUE'",
      repeatable: true,
      help: "a field",
    },
    operator: { kind: "string", value: "URL", required: true, help: "whom to ask" },
    secret: { kind: "boolean", hidden: true, help: "never shown" },
  },
  examples: [{ command: "heddle get splits web", meaning: "one split" }],
});

describe("formatCommandHelp", () => {
  it("tells all there is to know, in the width of the terminal", () => {
    const text = formatCommandHelp(spec, 72);
    expect(text).toBe(`List objects with their status.

Usage:
  heddle get KIND [NAME...] --operator URL [flags]

Asks the operator. What it shows is what proxies run.

Nothing is changed.

Arguments:
  KIND      one of profiles, splits
  NAME      only these

Flags:
  -o, --output table|json     how (default table)
      --operator-admin HOST:PORT
                              where the operator's admin port is
                              (default 127.0.0.1:4192; or
                              $HEDDLE_OPERATOR_ADMIN)
  -H, --header 'NAME: VALUE'  a field (may be repeated)
      --operator URL          whom to ask
  -h, --help                  show this text

Examples:
  # one split
  heddle get splits web
`);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(72);
  });
});
