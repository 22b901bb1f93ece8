/** The reference of annotations, from the table that they are read by. */
import { annotationName } from "../../inject/annotation-row.ts";
import { ANNOTATIONS } from "../../inject/annotations.ts";
import { SKIP_REASON_ROWS, SKIP_REASONS } from "../../inject/skip-reason.ts";

const INTRODUCTION = `
# Annotations

Made from \`inject/\` by \`make generate\`.

A pod gets a proxy when it is asked for, on the pod or on its namespace:

| annotation | value | meaning |
| --- | --- | --- |
| \`heddle.mesh/inject\` | \`enabled\` | its pods get a proxy |
| | \`disabled\` | they get none |

The pod's word comes before the namespace's. A label of the same name and value says the same; of
the two on one object the annotation counts, but for a pod that is labelled \`disabled\`: the API
server never asks about it. [admission.md](admission.md) tells how pods come to be injected.
\`heddle inject\` needs neither annotation nor label: it injects what does not say \`disabled\`.

## What is injected

Two containers stand before all others of the pod. \`heddle-init\` redirects its connections, which
needs the capability NET_ADMIN, and ends. \`heddle-proxy\` is a native sidecar: it is ready before
the application and its init containers start, is drained when the pod's end begins, and stops
after the application, so that Jobs end. It needs no privilege: the restricted Pod Security Standard
allows it. Their image has \`heddle\` on its path.

Beside them come a token by which the operator knows the pod (audience \`heddle\`), the certificate
of the operator's authority from the ConfigMap \`heddle-ca\`, a folder in memory for keys, and one
for what the operator said last. The pod is labelled \`heddle.mesh/proxied\` with the mode, and with
who owns it: \`heddle.mesh/workload\` and \`heddle.mesh/workload-kind\`.

## Options

On the pod, or on its namespace for all pods in it. The pod's word comes before the namespace's,
and both before what was installed. A value that cannot be read keeps the pod from being injected,
and is told of; an annotation with a name that means nothing is told of, and nothing more. Values
are texts: quote numbers.

Where it is switched on, Linkerd's annotations count where ours are not given (\`--linkerd\` of
\`heddle inject\`). Those that are not in the table mean nothing here, its image and version above
all.
`;

const SKIPPED = `
## Why a pod is not injected

The word in the first column stands in events, metrics and what \`heddle inject\` says. The reasons
of the first table are how it is meant to be, and nobody is told.
`;

export function annotationsPage(): string {
  const rows = ANNOTATIONS.map((row) => {
    const linkerd = row.linkerd === "" ? "" : `\`${row.linkerd}\``;
    const cells = [`\`${annotationName(row)}\``, row.form, row.default, row.meaning, linkerd];
    return `| ${cells.join(" | ")} |`;
  });
  const head =
    "| annotation | value | default | meaning | Linkerd's |\n| --- | --- | --- | --- | --- |";
  const options = [head, ...rows].join("\n");
  const parts = [INTRODUCTION.trim(), options, SKIPPED.trim(), meantTable(), mendTable()];
  return `${parts.join("\n\n")}\n`;
}

function meantTable(): string {
  const rows = SKIP_REASONS.filter((reason) => SKIP_REASON_ROWS[reason].isMeant).map(
    (reason) => `| \`${reason}\` | ${SKIP_REASON_ROWS[reason].meaning} |`,
  );
  return ["| reason | meaning |", "| --- | --- |", ...rows].join("\n");
}

function mendTable(): string {
  const rows = SKIP_REASONS.filter((reason) => !SKIP_REASON_ROWS[reason].isMeant).map((reason) => {
    const { meaning, mend } = SKIP_REASON_ROWS[reason];
    return `| \`${reason}\` | ${meaning} | ${mend} |`;
  });
  return ["| reason | meaning | what to do |", "| --- | --- | --- |", ...rows].join("\n");
}
