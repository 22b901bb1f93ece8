/**
 * Every option that an annotation can set. The page of the documentation is made from this, and
 * whoever adds one here has nothing else to tell of it.
 */
import { parseDuration } from "../base/duration.ts";
import { type AnnotationRow, resourceRow, row } from "./annotation-row.ts";
import { WORKERS_MAX } from "./proxy-limits.ts";
import {
  readDuration,
  readEnvironment,
  readImage,
  readInteger,
  readLimits,
  readPort,
  readPorts,
  readSubnets,
  readWord,
} from "./read-option-value.ts";

const MODES = ["transparent", "explicit"] as const;
const IPV6 = ["auto", "on", "off"] as const;
const SWITCH = ["true", "false"] as const;
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"] as const;
const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
const LOG_FORMATS = ["text", "json"] as const;
const ACCESS_LOGS = ["off", "text", "json"] as const;
/** The last but one of 32 bits: the last means "no user" to the kernel. */
const ID_MAX = 4_294_967_294;

const PORTS = "ports and ranges, with commas";

const INTERCEPTION: readonly AnnotationRow[] = [
  row(
    {
      name: "mode",
      form: "`transparent`, `explicit`",
      default: "`transparent`",
      meaning:
        "`explicit`: nothing is redirected, no capability is needed, and the application sends " +
        "its requests to the proxy's outbound port itself; what comes in does not pass the proxy",
    },
    "",
    (text) => readWord(text, MODES),
    (mode) => ({ mode }),
  ),
  row(
    {
      name: "skip-inbound-ports",
      form: PORTS,
      default: "`4567,4568`",
      meaning: "ports of the application that the proxy does not stand before",
    },
    "skip-inbound-ports",
    readPorts,
    (skipInboundPorts) => ({ skipInboundPorts }),
  ),
  row(
    {
      name: "skip-outbound-ports",
      form: PORTS,
      default: "`4567,4568`",
      meaning: "ports that are dialled past the proxy",
    },
    "skip-outbound-ports",
    readPorts,
    (skipOutboundPorts) => ({ skipOutboundPorts }),
  ),
  row(
    {
      name: "skip-subnets",
      form: "subnets, with commas",
      default: "none",
      meaning: "what goes there or comes from there is not redirected; 64 at most",
    },
    "skip-subnets",
    readSubnets,
    (skipSubnets) => ({ skipSubnets }),
  ),
  {
    ...row(
      {
        name: "opaque-ports",
        form: "ports, ranges and names of the pod's ports, with commas",
        default: "`25,587,3306,4444,5432,6379,9300,11211`",
        meaning: "redirected ports whose bytes are never looked at; a Service's word comes first",
      },
      "opaque-ports",
      readPorts,
      (opaquePorts) => ({ opaquePorts }),
    ),
    takesPortNames: true,
  },
  row(
    {
      name: "ipv6",
      form: "`auto`, `on`, `off`",
      default: "`auto`",
      meaning: "redirect IPv6 too; `auto`: where the pod has it",
    },
    "",
    (text) => readWord(text, IPV6),
    (ipv6) => ({ ipv6 }),
  ),
  row(
    {
      name: "inbound-port",
      form: "port",
      default: "`4143`",
      meaning: "where the proxy takes what comes in",
    },
    "inbound-port",
    readPort,
    (inboundPort) => ({ inboundPort }),
  ),
  row(
    {
      name: "outbound-port",
      form: "port",
      default: "`4140`",
      meaning: "where the proxy takes what goes out",
    },
    "outbound-port",
    readPort,
    (outboundPort) => ({ outboundPort }),
  ),
  row(
    {
      name: "admin-port",
      form: "port",
      default: "`4191`",
      meaning: "the proxy's probes, metrics and questions",
    },
    "admin-port",
    readPort,
    (adminPort) => ({ adminPort }),
  ),
];

const CONTAINER: readonly AnnotationRow[] = [
  row(
    {
      name: "image",
      form: "name of an image",
      default: "that of the installation",
      meaning: "what the containers run; it must have `heddle` on its path",
    },
    "",
    readImage,
    (image) => ({ image }),
  ),
  row(
    {
      name: "image-pull-policy",
      form: "`Always`, `IfNotPresent`, `Never`",
      default: "Kubernetes's own",
      meaning: "as for any container",
    },
    "image-pull-policy",
    (text) => readWord(text, PULL_POLICIES),
    (imagePullPolicy) => ({ imagePullPolicy }),
  ),
  resourceRow("cpu", "requests", "`20m`"),
  resourceRow("cpu", "limits", "none"),
  resourceRow("memory", "requests", "`48Mi`"),
  resourceRow("memory", "limits", "none"),
  resourceRow("ephemeral-storage", "requests", "none"),
  resourceRow("ephemeral-storage", "limits", "none"),
  row(
    {
      name: "proxy-uid",
      form: "number from 1",
      default: "`2102`",
      meaning: "the user that the proxy runs as; no container of the application may run as it",
    },
    "proxy-uid",
    (text) => readInteger(text, 1, ID_MAX),
    (proxyUid) => ({ proxyUid }),
  ),
  row(
    {
      name: "proxy-gid",
      form: "number from 1",
      default: "none",
      meaning: "the group that the proxy runs as",
    },
    "proxy-gid",
    (text) => readInteger(text, 1, ID_MAX),
    (proxyGid) => ({ proxyGid }),
  ),
  row(
    {
      name: "proxy-additional-env",
      form: "JSON list of `name` and `value` or `valueFrom`",
      default: "none",
      meaning: "further variables for the proxy; 64 at most, and none that begins with `HEDDLE_`",
    },
    "proxy-additional-env",
    readEnvironment,
    (environment) => ({ environment }),
  ),
];

const PROXY: readonly AnnotationRow[] = [
  {
    ...row(
      {
        name: "log-level",
        form: "`debug`, `info`, `warn`, `error`",
        default: "`info`",
        meaning: "the least important messages to show",
      },
      "proxy-log-level",
      (text) => readWord(text, LOG_LEVELS),
      (logLevel) => ({ logLevel }),
    ),
    fromLinkerd: linkerdLogLevel,
  },
  {
    ...row(
      {
        name: "log-format",
        form: "`text`, `json`",
        default: "`text`",
        meaning: "form of the log",
      },
      "proxy-log-format",
      (text) => readWord(text, LOG_FORMATS),
      (logFormat) => ({ logFormat }),
    ),
    fromLinkerd: (text) => (text === "plain" ? "text" : text),
  },
  {
    ...row(
      {
        name: "access-log",
        form: "`off`, `text`, `json`",
        default: "`off`",
        meaning: "one line for every request",
      },
      "access-log",
      (text) => readWord(text, ACCESS_LOGS),
      (accessLog) => ({ accessLog }),
    ),
    fromLinkerd: (text) => (text === "apache" ? "text" : text === "none" ? "off" : text),
  },
  row(
    {
      name: "workers",
      form: `number from 1 to ${WORKERS_MAX}`,
      default: "`1`",
      meaning: "threads that carry traffic",
    },
    "",
    (text) => readInteger(text, 1, WORKERS_MAX),
    (workers) => ({ workers }),
  ),
  row(
    {
      name: "grace-time",
      form: "duration",
      default: "the pod's `terminationGracePeriodSeconds`",
      meaning: "how long requests may take that are under way when the application is gone",
    },
    "shutdown-grace-period",
    readDuration,
    (graceTime) => ({ graceTime }),
  ),
  row(
    {
      name: "start-without-operator-after",
      form: "duration",
      default: "`10s`",
      meaning: "let the application start although no operator was heard",
    },
    "",
    readDuration,
    (startWithoutOperatorAfter) => ({ startWithoutOperatorAfter }),
  ),
  row(
    {
      name: "egress",
      form: "`true`, `false`",
      default: "`false`",
      meaning: "let names that the mesh does not know out, by DNS, where applications name them",
    },
    "",
    (text) => readWord(text, SWITCH),
    (word) => ({ egress: word === "true" }),
  ),
  {
    ...row(
      {
        name: "limits",
        form: "`NAME=NUMBER`, with commas",
        default: "none",
        meaning: "moves [bounds of the proxy](operations.md#limits-of-the-proxy)",
      },
      "proxy-outbound-connect-timeout",
      readLimits,
      (limits) => ({ limits }),
    ),
    fromLinkerd: (text) => `endpointConnectTimeoutMs=${parseDuration(text) ?? text}`,
  },
];

export const ANNOTATIONS: readonly AnnotationRow[] = [...INTERCEPTION, ...CONTAINER, ...PROXY];

/** Of `warn,linkerd=info,hickory=error` what is said of Linkerd itself, or of everything. */
function linkerdLogLevel(text: string): string | undefined {
  const directives = text.split(",").map((part) => part.trim());
  const own = directives.find((part) => part.startsWith("linkerd="))?.slice("linkerd=".length);
  const level = own ?? directives.find((part) => !part.includes("="));
  return level === undefined ? undefined : (LINKERD_LEVELS.get(level) ?? level);
}

const LINKERD_LEVELS: ReadonlyMap<string, string> = new Map([
  ["trace", "debug"],
  ["off", "error"],
]);
