/** `heddle uninject`: takes the proxy out of manifests again. */
import { defineVerb } from "../command.ts";
import { readPaths } from "../lint/read-paths.ts";

export const uninject = defineVerb(
  {
    name: "uninject",
    summary: "take the proxy out of the pods of manifests",
    description:
      "The inverse of heddle inject, whichever version and options that was run with. All else " +
      "comes out as it went in, the annotations too that say what is to be injected.",
    positionals: [
      {
        name: "FILE",
        help: "files and folders; - for standard input",
        repeatable: true,
        completes: "files",
      },
    ],
    flags: { quiet: { kind: "boolean", short: "q", help: "tell only what went wrong" } },
    examples: [
      {
        command: "kubectl get deploy web -o yaml | heddle uninject - | kubectl apply -f -",
        meaning: "let one workload leave the mesh",
      },
    ],
  },
  async ({ flags: { quiet }, positionals }, { io }) => {
    const files = await readPaths(positionals, io);
    const { uninjectManifests } = await import("../manifests/inject-manifests.ts");
    const { reportOutcomes } = await import("../manifests/report-outcomes.ts");
    const { text, outcomes } = uninjectManifests(files);
    io.stdout.write(text);
    const fileCount = files.length;
    return reportOutcomes(outcomes, io, { done: "uninjected", fileCount, strict: false, quiet });
  },
);
