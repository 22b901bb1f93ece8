/** The page that tells people what we take and refuse, made from the corpora and differences. */
import { REASONS } from "./differences.ts";
import type { JudgeName } from "./judge.ts";
import { REQUEST_CORPUS, type RequestCase } from "./request-corpus.ts";
import { RESPONSE_CORPUS, type ResponseCase } from "./response-corpus.ts";

/** From the root of the repository. */
export const CONFORMANCE_DOC = "docs/http1-conformance.md";

const JUDGES: readonly JudgeName[] = ["Node", "nginx", "HAProxy"];

/** The whole page. */
export function renderConformanceDoc(): string {
  return [
    "# HTTP/1: what Heddle takes, and what others take",
    "",
    "Generated from `test/conformance/http1/`; to renew it, run",
    "`node test/conformance/http1/write-doc.ts`.",
    "",
    `${REQUEST_CORPUS.length} requests and ${RESPONSE_CORPUS.length} responses, valid, odd and`,
    "hostile, are put as the same bytes to Heddle's codec, to Node's own server and client, to",
    "nginx and to HAProxy. A difference without a reason on this page fails the test.",
    "",
    "A verdict on a request reads: the body sizes of the requests found, then how the stream",
    "stands. `[3] in step` is one request with a body of three bytes, after which the next request",
    "is read as such; `[] 400` is refused with that status; `closes` is answered and then closed;",
    "`waits` needs more bytes; `tunnel` is raw bytes from here on. A verdict on a response is the",
    "status and body that a client is given, `cut` when the body ends too early, or `refused`.",
    "",
    "## Differences, and why",
    "",
    ...REASONS.flatMap(renderReason),
    "## Requests",
    "",
    ...renderCorpus(REQUEST_CORPUS),
    "",
    "## Responses",
    "",
    ...renderCorpus(RESPONSE_CORPUS),
    "",
  ].join("\n");
}

function renderReason(reason: (typeof REASONS)[number]): readonly string[] {
  const rows = Object.entries(reason.cases).map(([name, verdicts]) => {
    const ours = findCase(name).takes;
    const theirs = JUDGES.map((judge) => code(verdicts[judge] ?? "")).join(" | ");
    return `| ${name} | ${code(ours)} | ${theirs} |`;
  });
  return [
    `### ${reason.about.charAt(0).toUpperCase()}${reason.about.slice(1)}`,
    "",
    reason.why,
    "",
    `| case | Heddle | ${JUDGES.join(" | ")} |`,
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ];
}

function code(verdict: string): string {
  return verdict === "" ? "" : `\`${verdict}\``;
}

function findCase(name: string): RequestCase | ResponseCase {
  const found = [...REQUEST_CORPUS, ...RESPONSE_CORPUS].find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case is named ${name}`);
  return found;
}

function renderCorpus(corpus: readonly (RequestCase | ResponseCase)[]): readonly string[] {
  return [
    "| case | bytes | Heddle |",
    "| --- | --- | --- |",
    ...corpus.map(({ name, bytes, takes }) => `| ${name} | ${shown(bytes)} | ${code(takes)} |`),
  ];
}

const SHOWN_MAX = 120;

/** The bytes as a reader can see them; the table's own marks are kept out of its way. */
function shown(bytes: string): string {
  if (bytes === "") return "";
  const cut = bytes.length > SHOWN_MAX ? `${bytes.slice(0, SHOWN_MAX)}…` : bytes;
  const text = JSON.stringify(cut)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replace(/\\u00([0-9a-f]{2})/g, "\\x$1")
    .replace(/[\x7f-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
    .replaceAll("|", "\\|");
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}
