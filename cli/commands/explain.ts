/** `heddle explain`: why a request goes where it goes, as the running proxy sees it. */
import { formatAddress } from "../../base/address.ts";
import { EXIT, UsageError } from "../../base/program.ts";
import { type ExplainRequest, ProxyApi } from "../api/proxy-api.ts";
import { findProxy } from "../cluster/find-proxy.ts";
import { defineVerb } from "../command.ts";
import { formatExplanation, wouldBeSent } from "../output/explanation.ts";
import { choosePaint } from "../output/paint.ts";
import { formatStructured } from "../output/structured.ts";
import { proxyFlags, textOutputFlag } from "../shared-flags.ts";

/** RFC 9110 section 5.6.2: what methods and names of headers are made of. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export const explain = defineVerb(
  {
    name: "explain",
    summary: "show what the proxy would do with a request, and why",
    description:
      "Asks the running proxy, which answers from the tables that serve requests: which service " +
      "the URL names, each rule that was tried and the first thing about it that did not match, " +
      "how the traffic is split, every endpoint with its load, the timeouts and retries that " +
      "apply, and which object each of these came from. Nothing is sent anywhere.\n\n" +
      "With --address it tells what becomes of a connection that is redirected to the proxy on " +
      "its way there: what stands at the address, and what is taken to be spoken. The address " +
      "then decides where a request goes, whatever host the URL names; without METHOD and URL " +
      "any connection is meant.\n\n" +
      "The exit code is 1 when the request would not reach an endpoint.",
    positionals: [
      {
        name: "METHOD",
        suggests: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        optional: true,
      },
      {
        name: "URL",
        help: "as the application would call it: http://web/books/7",
        optional: true,
      },
    ],
    flags: {
      header: {
        kind: "string",
        short: "H",
        value: "'NAME: VALUE'",
        repeatable: true,
        help: "a header of the request",
      },
      address: {
        kind: "address",
        help: "the address that the application dials, where connections are redirected",
      },
      output: textOutputFlag,
      ...proxyFlags,
    },
    examples: [
      { command: "heddle explain GET http://web/books/7", meaning: "where would this go?" },
      {
        command: "heddle explain POST web.shop/cart -H 'x-version: beta'",
        meaning: "would this header change it?",
      },
      {
        command: "heddle explain GET http://web/books/7 --pod shop/front-7c9f",
        meaning: "where would this go from that pod?",
      },
      {
        command: "heddle explain --address 10.96.0.1:3306",
        meaning: "what becomes of connections to this address?",
      },
    ],
  },
  async ({ flags, positionals: [method, target] }, context) => {
    const query = {
      request: readRequest(method, target, flags.header, flags.address !== undefined),
      address: flags.address === undefined ? null : formatAddress(flags.address),
    };
    const { get, address, place, close } = await findProxy(flags, context);
    const proxy = new ProxyApi(get, address, place, "--admin or --pod");
    const explanation = await proxy.explain(query).finally(close);
    const { io } = context;
    if (flags.output === "text") {
      const paint = choosePaint({ isTerminal: io.stdout.isTerminal, environment: io.env });
      io.stdout.write(formatExplanation(explanation, paint));
    } else {
      io.stdout.write(await formatStructured(explanation, flags.output));
    }
    return wouldBeSent(explanation) ? EXIT.ok : EXIT.failed;
  },
);

/** Null where no request was named, which an address makes possible. */
function readRequest(
  method: string | undefined,
  target: string | undefined,
  headers: readonly string[],
  hasAddress: boolean,
): ExplainRequest | null {
  if (method === undefined) {
    if (!hasAddress) throw new UsageError("METHOD and URL are missing, or --address");
    if (headers.length > 0) throw new UsageError("--header: a connection has no headers");
    return null;
  }
  if (!TOKEN.test(method)) {
    const hint = target === undefined ? `: write "explain GET ${method}"` : "";
    throw new UsageError(`${JSON.stringify(method)} is no method${hint}`);
  }
  if (target === undefined) throw new UsageError("URL is missing: http://web/books/7");
  return { method: method.toUpperCase(), url: readUrl(target), headers: headers.map(readHeader) };
}

function readUrl(text: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) throw new UsageError(`${JSON.stringify(text)} is no URL`);
  const { protocol } = new URL(url);
  if (protocol === "http:") return url;
  throw new UsageError(`${JSON.stringify(text)}: the proxy takes http:// URLs, not ${protocol}//`);
}

/** `name:value`, without the blanks that people put after the colon. */
function readHeader(text: string): string {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(0, colon));
  const value = text.slice(colon + 1).trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is refused
  if (TOKEN.test(name) && !/[\u0000\r\n]/.test(value)) return `${name}:${value}`;
  throw new UsageError(`--header: ${JSON.stringify(text)} is not 'NAME: VALUE'`);
}
