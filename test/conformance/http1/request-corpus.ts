/**
 * Requests that a proxy meets: valid, odd and hostile, as bytes (one character each). Each has
 * what we take it for; `differences.ts` says where Node, nginx and HAProxy take it otherwise.
 *
 * `takes` reads: the body sizes of the requests found, then how the stream stands: `[0] in step`
 * is one request without a body, after which the next one is read as such; `[] 400` is refused;
 * `[] waits` needs more bytes than came; `[] tunnel` is raw bytes from here on.
 */
export interface RequestCase {
  readonly name: string;
  readonly bytes: string;
  readonly takes: string;
}

const H = "Host: a\r\n";
const GET = `GET / HTTP/1.1\r\n${H}`;
const POST = `POST / HTTP/1.1\r\n${H}`;
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${H}\r\n`;

const IN_STEP = "[0] in step";
const BAD = "[] 400";

function line(name: string, requestLine: string, takes: string): RequestCase {
  return { name: `line: ${name}`, bytes: `${requestLine}\r\n${H}\r\n`, takes };
}

function host(name: string, lines: string, takes: string): RequestCase {
  return { name: `host: ${name}`, bytes: `GET / HTTP/1.1\r\n${lines}\r\n`, takes };
}

function field(name: string, lines: string, takes: string): RequestCase {
  return { name: `field: ${name}`, bytes: `${GET}${lines}\r\n\r\n`, takes };
}

function length(name: string, lines: string, body: string, takes: string): RequestCase {
  return { name: `length: ${name}`, bytes: `${POST}${lines}\r\n\r\n${body}`, takes };
}

function chunk(name: string, body: string, takes: string): RequestCase {
  return { name: `chunk: ${name}`, bytes: `${CHUNKED}${body}`, takes };
}

const LINES: readonly RequestCase[] = [
  line("plain", "GET / HTTP/1.1", IN_STEP),
  line("query", "GET /a?b=c&d HTTP/1.1", IN_STEP),
  line("HEAD", "HEAD / HTTP/1.1", IN_STEP),
  line("PUT without a body", "PUT /a HTTP/1.1", IN_STEP),
  line("unregistered method", "PURGE /a HTTP/1.1", IN_STEP),
  line("unknown method", "FROB /a HTTP/1.1", IN_STEP),
  line("lower-case method", "get / HTTP/1.1", IN_STEP),
  line("method with odd token bytes", "M-A!R / HTTP/1.1", IN_STEP),
  line("method that is no token", "G(T / HTTP/1.1", BAD),
  line("method of 33 bytes", `${"M".repeat(33)} / HTTP/1.1`, BAD),
  line("no method", "/ HTTP/1.1", BAD),
  line("space before the method", " GET / HTTP/1.1", BAD),
  line("two spaces before the target", "GET  / HTTP/1.1", BAD),
  line("two spaces after the target", "GET /  HTTP/1.1", BAD),
  line("tab for a space", "GET\t/ HTTP/1.1", BAD),
  line("tab before the version", "GET /\tHTTP/1.1", BAD),
  line("space at the end", "GET / HTTP/1.1 ", BAD),
  line("space inside the target", "GET /a b HTTP/1.1", BAD),
  line("no version", "GET /", BAD),
  line("no target", "GET HTTP/1.1", BAD),
  line("version 0.9", "GET / HTTP/0.9", "[] 505"),
  line("version 1.2", "GET / HTTP/1.2", IN_STEP),
  line("version 2.0", "GET / HTTP/2.0", "[] 505"),
  line("version 3.0", "GET / HTTP/3.0", "[] 505"),
  line("version 1.10", "GET / HTTP/1.10", BAD),
  line("version 11", "GET / HTTP/11", BAD),
  line("version 1", "GET / HTTP/1", BAD),
  line("version in lower case", "GET / http/1.1", BAD),
  line("version of another protocol", "GET / ICAP/1.0", BAD),
  line("fragment", "GET /a#b HTTP/1.1", BAD),
  line("NUL in the target", "GET /a\0b HTTP/1.1", BAD),
  line("DEL in the target", "GET /a\x7fb HTTP/1.1", BAD),
  line("byte above ASCII in the target", "GET /\xe4 HTTP/1.1", IN_STEP),
  line("backslash in the target", "GET /a\\b HTTP/1.1", IN_STEP),
  line("braces, quotes and bars in the target", 'GET /{a}|"b"<c>^` HTTP/1.1', IN_STEP),
  line("broken percent-encoding", "GET /%zz HTTP/1.1", IN_STEP),
  line("dots in the path", "GET /a/../b HTTP/1.1", IN_STEP),
  line("relative path", "GET a HTTP/1.1", BAD),
  line("absolute-form", "GET http://a/b HTTP/1.1", IN_STEP),
  line("absolute-form without a path", "GET http://a HTTP/1.1", IN_STEP),
  line("absolute-form with a query only", "GET http://a?q HTTP/1.1", IN_STEP),
  line("absolute-form that differs from Host", "GET http://b/ HTTP/1.1", IN_STEP),
  line("absolute-form in upper case", "GET HTTP://a/ HTTP/1.1", IN_STEP),
  line("absolute-form of https", "GET https://a/ HTTP/1.1", IN_STEP),
  line("absolute-form of ftp", "GET ftp://a/ HTTP/1.1", BAD),
  line("absolute-form with userinfo", "GET http://u@a/ HTTP/1.1", BAD),
  line("absolute-form without a host", "GET http:///b HTTP/1.1", BAD),
  line("asterisk for OPTIONS", "OPTIONS * HTTP/1.1", IN_STEP),
  line("asterisk for GET", "GET * HTTP/1.1", BAD),
  line("authority for GET", "GET a:80 HTTP/1.1", BAD),
  line("CONNECT", "CONNECT a:80 HTTP/1.1", "[] tunnel"),
  line("CONNECT without a port", "CONNECT a HTTP/1.1", BAD),
  line("CONNECT to a path", "CONNECT / HTTP/1.1", BAD),
  line("target of 7,000 bytes", `GET /${"a".repeat(7_000)} HTTP/1.1`, IN_STEP),
  line("target of 20,000 bytes", `GET /${"a".repeat(20_000)} HTTP/1.1`, "[] 414"),
  { name: "line: empty line before", bytes: `\r\n${GET}\r\n`, takes: IN_STEP },
  { name: "line: two empty lines before", bytes: `\r\n\r\n${GET}\r\n`, takes: IN_STEP },
  { name: "line: three empty lines before", bytes: `\r\n\r\n\r\n${GET}\r\n`, takes: BAD },
  { name: "line: LF before", bytes: `\n${GET}\r\n`, takes: BAD },
  { name: "line: CR before", bytes: `\r${GET}\r\n`, takes: BAD },
  { name: "line: NUL before", bytes: `\0${GET}\r\n`, takes: BAD },
  { name: "line: TLS ClientHello", bytes: "\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03", takes: BAD },
  {
    name: "line: HTTP/2 preface",
    bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    takes: "[] 505",
  },
  { name: "line: ends with LF", bytes: `GET / HTTP/1.1\n${H}\r\n`, takes: BAD },
  { name: "line: ends with CR", bytes: `GET / HTTP/1.1\r${H}\r\n`, takes: BAD },
  { name: "line: HTTP/0.9", bytes: "GET /\r\n", takes: BAD },
  { name: "line: HTTP/1.0 without Host", bytes: "GET / HTTP/1.0\r\n\r\n", takes: "[0] closes" },
  {
    name: "line: HTTP/1.0 keep-alive",
    bytes: `GET / HTTP/1.0\r\n${H}Connection: keep-alive\r\n\r\n`,
    takes: IN_STEP,
  },
  {
    name: "line: HTTP/1.0 with a body",
    bytes: `POST / HTTP/1.0\r\n${H}Content-Length: 3\r\n\r\nabc`,
    takes: "[3] closes",
  },
];

const HOSTS: readonly RequestCase[] = [
  host("missing", "A: b\r\n", BAD),
  host("twice", `${H}${H}`, BAD),
  host("twice and different", `${H}Host: b\r\n`, BAD),
  host("empty", "Host:\r\n", IN_STEP),
  host("with a port", "Host: a:8080\r\n", IN_STEP),
  host("with an empty port", "Host: a:\r\n", IN_STEP),
  host("with a port that is no number", "Host: a:b\r\n", BAD),
  host("with two ports", "Host: a:1:2\r\n", BAD),
  host("with a path", "Host: a/b\r\n", BAD),
  host("with userinfo", "Host: u@a\r\n", BAD),
  host("with a space", "Host: a b\r\n", BAD),
  host("with a comma", "Host: a,b\r\n", IN_STEP),
  host("IPv6", "Host: [::1]:80\r\n", IN_STEP),
  host("IPv6 not closed", "Host: [::1\r\n", BAD),
  host("byte above ASCII", "Host: \xe4\r\n", BAD),
  host("with a query", "Host: a?b\r\n", BAD),
  host("with a fragment", "Host: a#b\r\n", BAD),
];

const WEBSOCKET =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==";

const FIELDS: readonly RequestCase[] = [
  field("ordinary", "Accept: */*\r\nX-A: 1", IN_STEP),
  field("empty value", "A:", IN_STEP),
  field("blanks around the value", "A: \t b \t", IN_STEP),
  field("bytes above ASCII in the value", "A: \x80\xff", IN_STEP),
  field("underscore in the name", "A_B: c", IN_STEP),
  field("odd token bytes in the name", "A!#$%&'*+.^`|~: c", IN_STEP),
  field("space before the colon", "A : b", BAD),
  field("tab before the colon", "A\t: b", BAD),
  field("no colon", "Abc", BAD),
  field("no name", ": b", BAD),
  field("space in the name", "A B: c", BAD),
  field("NUL in the name", "A\0: b", BAD),
  field("byte above ASCII in the name", "\xe4: b", BAD),
  field("parenthesis in the name", "A(b): c", BAD),
  field("NUL in the value", "A: b\0c", BAD),
  field("control byte in the value", "A: b\x01c", BAD),
  field("vertical tab in the value", "A: b\x0bc", BAD),
  field("DEL in the value", "A: b\x7fc", BAD),
  field("CR in the value", "A: b\rc", BAD),
  field("CR that hides a field", "A: b\rContent-Length: 5", BAD),
  field("LF at the end of a line", "A: b\nC: d", BAD),
  field("LF that hides a field", "A: b\nTransfer-Encoding: chunked", BAD),
  field("CR CR LF", "A: b\r\r\nC: d", BAD),
  field("folded", "A: b\r\n c", BAD),
  field("folded with a tab", "A: b\r\n\tc", BAD),
  {
    name: "field: space before the first",
    bytes: `GET / HTTP/1.1\r\n ${H}\r\n`,
    takes: BAD,
  },
  { name: "field: head ends with LF", bytes: `${GET}\n`, takes: BAD },
  { name: "field: head ends with LF LF", bytes: "GET / HTTP/1.1\nHost: a\n\n", takes: BAD },
  { name: "field: head ends with CR CR LF", bytes: `${GET}\r\r\n`, takes: BAD },
  field("100 fields", Array.from({ length: 99 }, (_, n) => `X-${n}: ${n}`).join("\r\n"), IN_STEP),
  field("600 fields", Array.from({ length: 600 }, (_, n) => `X-${n}: ${n}`).join("\r\n"), "[] 431"),
  field("value of 7,000 bytes", `A: ${"b".repeat(7_000)}`, IN_STEP),
  field("value of 70,000 bytes", `A: ${"b".repeat(70_000)}`, "[] 431"),
  field("Connection: close", "Connection: close", "[0] closes"),
  field("Connection names Host", "Connection: host", IN_STEP),
  field("Connection with empty elements", "Connection: ,,keep-alive,", IN_STEP),
  field("Connection names 40 fields", `Connection: ${"a,".repeat(40)}`, BAD),
  field("Upgrade to websocket", WEBSOCKET, IN_STEP),
  field("Upgrade to h2c", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", IN_STEP),
  field("Expect something unknown", "Expect: x-bow", IN_STEP),
  field("TE: trailers", "TE: trailers\r\nConnection: TE", IN_STEP),
];

const LENGTHS: readonly RequestCase[] = [
  length("of a body", "Content-Length: 3", "abc", "[3] in step"),
  length("zero", "Content-Length: 0", "", IN_STEP),
  length("leading zeros", "Content-Length: 0003", "abc", "[3] in step"),
  length("more than came", "Content-Length: 900", "abc", "[] waits"),
  length("expected first", "Content-Length: 3\r\nExpect: 100-continue", "abc", "[3] in step"),
  length("empty", "Content-Length:", "", BAD),
  length("plus sign", "Content-Length: +3", "abc", BAD),
  length("minus sign", "Content-Length: -3", "abc", BAD),
  length("hexadecimal", "Content-Length: 0x3", "abc", BAD),
  length("decimal point", "Content-Length: 3.0", "abc", BAD),
  length("two numbers", "Content-Length: 3 3", "abc", BAD),
  length("trailing letter", "Content-Length: 3a", "abc", BAD),
  length("list of the same", "Content-Length: 3, 3", "abc", BAD),
  length("list of different", "Content-Length: 3, 4", "abcd", BAD),
  length("twice the same", "Content-Length: 3\r\nContent-Length: 3", "abc", BAD),
  length("twice and different", "Content-Length: 3\r\nContent-Length: 4", "abcd", BAD),
  length("past 2^53", "Content-Length: 9007199254740993", "abc", BAD),
  length("past 2^64", "Content-Length: 18446744073709551619", "abc", BAD),
  length("vertical tab before it", "Content-Length: \x0b3", "abc", BAD),
  length("space before its colon", "Content-Length : 3", "abc", BAD),
  length("folded", "Content-Length:\r\n 3", "abc", BAD),
  {
    name: "length: on GET",
    bytes: `${GET}Content-Length: 3\r\n\r\nabc`,
    takes: "[3] in step",
  },
  length(
    "of a whole request (CL.0)",
    `Content-Length: ${SMUGGLED.length}`,
    SMUGGLED,
    `[${SMUGGLED.length}] in step`,
  ),
  length("CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked", `0\r\n\r\nX`, BAD),
  length(
    "TE.CL",
    "Transfer-Encoding: chunked\r\nContent-Length: 4",
    `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    BAD,
  ),
  length("CL of zero and TE", "Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n", BAD),
  length("TE chunked twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n", BAD),
  length(
    "TE twice (TE.TE)",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
    "0\r\n\r\n",
    BAD,
  ),
  length(
    "TE unknown, then chunked",
    "Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    "0\r\n\r\n",
    "[] 501",
  ),
  length("TE gzip, chunked", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n", "[] 501"),
  length("TE chunked, gzip", "Transfer-Encoding: chunked, gzip", "0\r\n\r\n", BAD),
  length("TE identity", "Transfer-Encoding: identity", "", "[] 501"),
  length("TE identity and CL", "Transfer-Encoding: identity\r\nContent-Length: 3", "abc", "[] 501"),
  length("TE xchunked", "Transfer-Encoding: xchunked", "0\r\n\r\n", "[] 501"),
  length("TE in quotes", 'Transfer-Encoding: "chunked"', "0\r\n\r\n", BAD),
  length("TE with a parameter", "Transfer-Encoding: chunked;a=b", "0\r\n\r\n", BAD),
  length("TE empty", "Transfer-Encoding:", "0\r\n\r\n", BAD),
  length("TE with a comma after", "Transfer-Encoding: chunked,", "0\r\n\r\n", BAD),
  length("TE with a comma before", "Transfer-Encoding: ,chunked", "0\r\n\r\n", BAD),
  length("TE after a vertical tab", "Transfer-Encoding: \x0bchunked", "0\r\n\r\n", BAD),
  length("TE with a NUL", "Transfer-Encoding: chunked\0", "0\r\n\r\n", BAD),
  length("TE with a space before its colon", "Transfer-Encoding : chunked", "0\r\n\r\n", BAD),
  length("TE folded", "Transfer-Encoding:\r\n chunked", "0\r\n\r\n", BAD),
  length("TE with a tab", "Transfer-Encoding:\tchunked", "0\r\n\r\n", IN_STEP),
  length("TE in mixed case", "tRANSFER-eNCODING: cHUNKED", "0\r\n\r\n", IN_STEP),
  length("TE with an underscore", "Transfer_Encoding: chunked", "", IN_STEP),
  {
    name: "length: TE in HTTP/1.0",
    bytes: `POST / HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    takes: BAD,
  },
  {
    name: "length: TE on GET",
    bytes: `${GET}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    takes: "[1] in step",
  },
  {
    name: "length: CONNECT with a length",
    bytes: `CONNECT a:80 HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nabc`,
    takes: BAD,
  },
];

const LONG_SIZE = "0".repeat(17);

const CHUNKS: readonly RequestCase[] = [
  chunk("none", "0\r\n\r\n", IN_STEP),
  chunk("two", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "[5] in step"),
  chunk(
    "hexadecimal sizes",
    `a\r\n${"x".repeat(10)}\r\n0B\r\n${"x".repeat(11)}\r\n0\r\n\r\n`,
    "[21] in step",
  ),
  chunk("several zeros at the end", "3\r\nabc\r\n000\r\n\r\n", "[3] in step"),
  chunk("extension", "3;a=b\r\nabc\r\n0\r\n\r\n", "[3] in step"),
  chunk("quoted extension", '3;a="b;c\\""\r\nabc\r\n0\r\n\r\n', "[3] in step"),
  chunk("extension with blanks", "3 ; a = b\r\nabc\r\n0\r\n\r\n", "[3] in step"),
  chunk("extension without a name", "3;\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("extension with LF", "3;a\nabc\r\n0\r\n\r\n", BAD),
  chunk("extension with CR", "3;a\rb\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("extension with NUL", "3;a\0\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("extension not closed", '3;a="b\r\nabc\r\n0\r\n\r\n', BAD),
  chunk("extension of 20,000 bytes", `3;${"a".repeat(20_000)}\r\nabc\r\n0\r\n\r\n`, BAD),
  chunk("trailers", "0\r\nA: b\r\nC: d\r\n\r\n", IN_STEP),
  chunk("trailers that frame", "0\r\nContent-Length: 5\r\nHost: b\r\n\r\n", IN_STEP),
  chunk("trailers with LF", "0\r\nA: b\n\r\n", BAD),
  chunk("trailers folded", "0\r\nA: b\r\n c\r\n\r\n", BAD),
  chunk("trailers without a colon", "0\r\nAbc\r\n\r\n", BAD),
  chunk("trailers with a space before the colon", "0\r\nA : b\r\n\r\n", BAD),
  chunk("trailers of 20,000 bytes", `0\r\nA: ${"b".repeat(20_000)}\r\n\r\n`, "[] 431"),
  chunk("no end", "3\r\nabc\r\n", "[] 400"),
  chunk("size empty", "\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size negative", "-3\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size with 0x", "0x3\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size with a plus", "+3\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size with an underscore", "0_3\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("space before the size", " 3\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("space after the size", "3 \r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size with LF", "3\nabc\r\n0\r\n\r\n", BAD),
  chunk("size with CR", "3\rabc\r\n0\r\n\r\n", BAD),
  chunk("size with CR CR LF", "3\r\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size past 2^53", "20000000000001\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size past 2^64", "10000000000000003\r\nabc\r\n0\r\n\r\n", BAD),
  chunk("size of 17 digits", `${LONG_SIZE}3\r\nabc\r\n0\r\n\r\n`, BAD),
  chunk("data with LF after", "3\r\nabc\n0\r\n\r\n", BAD),
  chunk("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n", BAD),
  chunk("data without a line end", "3\r\nabc0\r\n\r\n", BAD),
  chunk("data shorter than its size", "3\r\nab\r\n0\r\n\r\n", BAD),
  chunk("last line with LF", "0\r\n\n", BAD),
  chunk("last chunk with LF LF", "0\n\n", BAD),
  chunk(
    "of a whole request",
    `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    `[${SMUGGLED.length}] in step`,
  ),
];

const STREAMS: readonly RequestCase[] = [
  { name: "stream: two requests", bytes: `${GET}\r\n${GET}\r\n`, takes: "[0 0] in step" },
  {
    name: "stream: body, then a request",
    bytes: `${POST}Content-Length: 3\r\n\r\nabc${GET}\r\n`,
    takes: "[3 0] in step",
  },
  {
    name: "stream: chunks, then a request",
    bytes: `${CHUNKED}1\r\na\r\n0\r\n\r\n${GET}\r\n`,
    takes: "[1 0] in step",
  },
  {
    name: "stream: a line too many after a body",
    bytes: `${POST}Content-Length: 3\r\n\r\nabc\r\n${GET}\r\n`,
    takes: "[3 0] in step",
  },
  {
    name: "stream: rubbish after a body",
    bytes: `${POST}Content-Length: 3\r\n\r\nabc\0\0`,
    takes: "[3] 400",
  },
  {
    name: "stream: good, then bad",
    bytes: `${GET}\r\nGET / HTTP/1.1\r\n\r\n`,
    takes: "[0] 400",
  },
  {
    name: "stream: close, then a request",
    bytes: `${GET}Connection: close\r\n\r\n${GET}\r\n`,
    takes: "[0] closes",
  },
  { name: "stream: half a request-line", bytes: "GET /a", takes: BAD },
];

export const REQUEST_CORPUS: readonly RequestCase[] = [
  ...LINES,
  ...HOSTS,
  ...FIELDS,
  ...LENGTHS,
  ...CHUNKS,
  ...STREAMS,
];

/** Follows each case: whoever is in step reads it as the next request. */
export const MARKER = "GET /in-step HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
