/**
 * Responses that a proxy meets, as the bytes that a server sends before it closes. `takes` reads:
 * the status passed on and the size of its body; `cut` when the body ended too early; `refused`
 * when it is no response at all.
 */
export interface ResponseCase {
  readonly name: string;
  readonly bytes: string;
  readonly takes: string;
}

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const REFUSED = "refused";

function status(name: string, line: string, takes: string): ResponseCase {
  const bytes = `${line}\r\nContent-Length: 3\r\n\r\nabc`;
  return { name: `status: ${name}`, bytes, takes };
}

function response(name: string, rest: string, takes: string): ResponseCase {
  return { name: `response: ${name}`, bytes: OK + rest, takes };
}

function chunk(name: string, body: string, takes: string): ResponseCase {
  return { name: `response chunk: ${name}`, bytes: CHUNKED + body, takes };
}

export const RESPONSE_CORPUS: readonly ResponseCase[] = [
  status("plain", "HTTP/1.1 200 OK", "200 with 3"),
  status("version 1.0", "HTTP/1.0 200 OK", "200 with 3"),
  status("without a reason", "HTTP/1.1 200 ", "200 with 3"),
  status("without a reason and its space", "HTTP/1.1 200", "200 with 3"),
  status("unknown", "HTTP/1.1 299 Odd", "299 with 3"),
  status("reason above ASCII", "HTTP/1.1 200 \xe4", "200 with 3"),
  status("599", "HTTP/1.1 599 Far", "599 with 3"),
  status("two digits", "HTTP/1.1 20 OK", REFUSED),
  status("four digits", "HTTP/1.1 2000 OK", REFUSED),
  status("zero", "HTTP/1.1 000 OK", REFUSED),
  status("two spaces", "HTTP/1.1  200 OK", REFUSED),
  status("version 2.0", "HTTP/2.0 200 OK", REFUSED),
  status("no HTTP", "ICY 200 OK", REFUSED),
  status("NUL in the reason", "HTTP/1.1 200 O\0K", REFUSED),
  status("LF at the end", "HTTP/1.1 200 OK\nA: b", REFUSED),
  { name: "status: SSH server", bytes: "SSH-2.0-OpenSSH_9.2\r\n", takes: REFUSED },
  { name: "status: nothing at all", bytes: "", takes: REFUSED },
  {
    name: "status: line too many before",
    bytes: `\r\n${OK}Content-Length: 0\r\n\r\n`,
    takes: REFUSED,
  },
  response("no length", "\r\nabc", "200 with 3"),
  response("no length, no body", "\r\n", "200 with 0"),
  response("length zero", "Content-Length: 0\r\n\r\n", "200 with 0"),
  response("more than its length", "Content-Length: 2\r\n\r\nabc", "200 with 2"),
  response("less than its length", "Content-Length: 5\r\n\r\nabc", "200 cut"),
  response("head not complete", "Content-Length: 5\r\n", REFUSED),
  response("length twice the same", "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", REFUSED),
  response("length twice, different", "Content-Length: 3\r\nContent-Length: 2\r\n\r\nabc", REFUSED),
  response("length in a list", "Content-Length: 3, 3\r\n\r\nabc", REFUSED),
  response("length negative", "Content-Length: -3\r\n\r\nabc", REFUSED),
  response("length with a plus", "Content-Length: +3\r\n\r\nabc", REFUSED),
  response("length past 2^64", "Content-Length: 18446744073709551619\r\n\r\nabc", REFUSED),
  response(
    "length and chunked",
    "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    REFUSED,
  ),
  response(
    "chunked and length",
    "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    REFUSED,
  ),
  response("chunked twice", "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", REFUSED),
  response("gzip, chunked", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", REFUSED),
  response("identity", "Transfer-Encoding: identity\r\n\r\nabc", REFUSED),
  response("folded", "A: b\r\n c\r\nContent-Length: 3\r\n\r\nabc", REFUSED),
  response("space before the colon", "A : b\r\nContent-Length: 3\r\n\r\nabc", REFUSED),
  response("LF in the head", "A: b\nContent-Length: 3\r\n\r\nabc", REFUSED),
  response("CR in a value", "A: b\rc\r\nContent-Length: 3\r\n\r\nabc", REFUSED),
  response("NUL in a value", "A: b\0c\r\nContent-Length: 3\r\n\r\nabc", REFUSED),
  response("no colon", "Abc\r\nContent-Length: 3\r\n\r\nabc", REFUSED),
  {
    name: "response: 204 with a length",
    bytes: "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc",
    takes: "204 with 0",
  },
  {
    name: "response: 204 and chunked",
    bytes: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    takes: "204 with 0",
  },
  {
    name: "response: 304 with a length",
    bytes: "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n",
    takes: "304 with 0",
  },
  {
    name: "response: 100 first",
    bytes: `HTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 3\r\n\r\nabc`,
    takes: "200 with 3",
  },
  {
    name: "response: 103 first",
    bytes: `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}Content-Length: 3\r\n\r\nabc`,
    takes: "200 with 3",
  },
  {
    name: "response: 101 not asked for",
    bytes: "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nabc",
    takes: REFUSED,
  },
  {
    name: "response: 1.0 and chunked",
    bytes: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    takes: REFUSED,
  },
  chunk("two", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "200 with 3"),
  chunk("extension", "3;a=b\r\nabc\r\n0\r\n\r\n", "200 with 3"),
  chunk("trailers", "3\r\nabc\r\n0\r\nA: b\r\n\r\n", "200 with 3"),
  chunk("no end", "3\r\nabc\r\n", "200 cut"),
  chunk("size with LF", "3\nabc\r\n0\r\n\r\n", "200 cut"),
  chunk("space after the size", "3 \r\nabc\r\n0\r\n\r\n", "200 cut"),
  chunk("size that is no number", "x\r\nabc\r\n0\r\n\r\n", "200 cut"),
  chunk("data longer than its size", "3\r\nabcd\r\n0\r\n\r\n", "200 cut"),
  chunk("size past 2^64", "10000000000000003\r\nabc\r\n0\r\n\r\n", "200 cut"),
];
