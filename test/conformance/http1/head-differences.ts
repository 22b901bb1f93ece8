/** Differences over request-lines, Host and field lines. See differences.ts. */
import type { Reason } from "./differences.ts";

export const HEAD_REASONS: readonly Reason[] = [
  {
    about: "methods",
    why:
      "A method is any token (RFC 9110, 9.1). Node knows a fixed list; nginx takes capital " +
      "letters, `_` and `-` alone.",
    cases: {
      "line: unknown method": { Node: "[] 400" },
      "line: lower-case method": { Node: "[] 400", nginx: "[] 400" },
      "line: method with odd token bytes": { Node: "[] 400", nginx: "[] 400" },
    },
  },
  {
    about: "method length",
    why: "We take no method longer than 32 bytes; the longest registered one has 17.",
    cases: {
      "line: method of 33 bytes": { nginx: "[0] in step", HAProxy: "[0] in step" },
    },
  },
  {
    about: "blanks",
    why:
      "One space stands between the parts of a request-line (RFC 9112, 3). Who skips more of " +
      "them, or tabs, may find another target than the next reader.",
    cases: {
      "line: two spaces before the target": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "line: two spaces after the target": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "line: tab for a space": { HAProxy: "[0] in step" },
      "line: tab before the version": { HAProxy: "[0] in step" },
      "line: space at the end": { nginx: "[0] in step" },
    },
  },
  {
    about: "HTTP/0.9",
    why:
      "HTTP/0.9 is not spoken here. nginx takes a line without a version for it, and answers " +
      "without a head: that counts as no answer.",
    cases: {
      "line: no version": { nginx: "[] waits" },
      "line: HTTP/0.9": { nginx: "[] waits" },
    },
  },
  {
    about: "versions",
    why:
      "Another major version is 505, a malformed one 400, and a later minor version is read " +
      "as 1.1 (RFC 9112, 2.3). The others refuse with another status, or do not mind.",
    cases: {
      "line: version 0.9": { Node: "[] 400", nginx: "[] 400", HAProxy: "[0] closes" },
      "line: version 1.2": { Node: "[] 400" },
      "line: version 2.0": { Node: "[] 400", HAProxy: "[0] in step" },
      "line: version 3.0": { Node: "[] 400", HAProxy: "[0] in step" },
      "line: version 1.10": { nginx: "[0] in step" },
      "line: version 11": { nginx: "[] 505" },
      "line: HTTP/2 preface": { Node: "[] 400", nginx: "[] 400" },
    },
  },
  {
    about: "HTTP/2",
    why:
      "HAProxy speaks HTTP/2 on the same listener; here that is decided before the HTTP/1 " +
      "codec is asked.",
    cases: {
      "line: HTTP/2 preface": { HAProxy: "[] waits" },
    },
  },
  {
    about: "target bytes",
    why:
      "White space, control bytes and `#` are refused in a request-target (RFC 9112, 3.2). " +
      "Other bytes outside RFC 3986 are common, touch no framing, and pass as they came.",
    cases: {
      "line: fragment": { Node: "[0] in step", nginx: "[0] in step" },
      "line: DEL in the target": { HAProxy: "[0] in step" },
      "line: byte above ASCII in the target": { Node: "[] 400", HAProxy: "[] 400" },
    },
  },
  {
    about: "decoding",
    why:
      "We decode nothing and pass the target on as bytes; nginx decodes it to choose a " +
      "location.",
    cases: {
      "line: broken percent-encoding": { nginx: "[] 400" },
    },
  },
  {
    about: "target forms",
    why:
      "A target has one of the four forms of RFC 9112, 3.2, with a host, without userinfo, " +
      "over http or https. The others look less closely.",
    cases: {
      "line: relative path": { HAProxy: "[0] in step" },
      "line: absolute-form of ftp": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "line: absolute-form with userinfo": { Node: "[0] in step", HAProxy: "[0] in step" },
      "line: absolute-form without a host": { Node: "[0] in step", HAProxy: "[0] in step" },
      "line: asterisk for GET": { Node: "[0] in step", HAProxy: "[0] in step" },
      "line: CONNECT without a port": { Node: "[] tunnel" },
      "line: CONNECT to a path": { Node: "[] tunnel", nginx: "[] 405" },
    },
  },
  {
    about: "asterisk",
    why: "`OPTIONS *` is valid (RFC 9112, 3.2.4), and nginx has no answer to it.",
    cases: {
      "line: asterisk for OPTIONS": { nginx: "[] 400" },
    },
  },
  {
    about: "absolute-form",
    why:
      "The authority of an absolute-form target takes the place of Host, whatever that says " +
      "(RFC 9112, 3.2.2); HAProxy wants them to agree, and a path to be there.",
    cases: {
      "line: absolute-form with a query only": { HAProxy: "[] 400" },
      "line: absolute-form that differs from Host": { HAProxy: "[] 400" },
    },
  },
  {
    about: "CONNECT",
    why: "nginx makes no tunnels.",
    cases: {
      "line: CONNECT": { nginx: "[] 400" },
    },
  },
  {
    about: "CONNECT body",
    why: "A tunnel has no body before it: whoever counts one loses step (RFC 9110, 9.3.6).",
    cases: {
      "length: CONNECT with a length": { Node: "[] tunnel", HAProxy: "[] tunnel" },
    },
  },
  {
    about: "limits",
    why:
      "Every reader has limits of its own, and statuses of its own for passing them. Ours " +
      "bound each single thing.",
    cases: {
      "line: target of 20,000 bytes": { Node: "[] 431", HAProxy: "[] 400" },
      "field: 600 fields": { Node: "[0] in step", nginx: "[0] in step", HAProxy: "[] 400" },
      "field: value of 70,000 bytes": { nginx: "[] 400", HAProxy: "[] 400" },
      "field: Connection names 40 fields": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "chunk: extension of 20,000 bytes": { Node: "[] 413", nginx: "[3] in step" },
      "chunk: trailers of 20,000 bytes": { nginx: "[0] in step", HAProxy: "[] 400" },
      "chunk: size of 17 digits": {
        Node: "[3] in step",
        nginx: "[3] in step",
        HAProxy: "[3] in step",
      },
    },
  },
  {
    about: "empty lines",
    why:
      "Up to two empty lines before a request-line are skipped (RFC 9112, 2.2, asks for one), " +
      "and only whole ones. The others skip any number, or pieces of them.",
    cases: {
      "line: three empty lines before": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "line: LF before": { Node: "[0] in step", nginx: "[0] in step", HAProxy: "[0] in step" },
      "line: CR before": { Node: "[0] in step", nginx: "[0] in step" },
    },
  },
  {
    about: "bare LF",
    why:
      "A line ends with CRLF. RFC 9112, 2.2, lets a reader take LF alone, or forgive a CR too " +
      "many; readers that differ in this see different fields and different chunks.",
    cases: {
      "line: ends with LF": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "field: LF at the end of a line": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "field: CR CR LF": { nginx: "[0] in step" },
      "field: head ends with LF": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "field: head ends with LF LF": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "chunk: extension with LF": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: trailers with LF": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "chunk: size with LF": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: data with LF after": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: data shorter than its size": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: last line with LF": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "chunk: last chunk with LF LF": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "status: LF at the end": { nginx: "200 with 3", HAProxy: "200 with 3" },
      "response: LF in the head": { nginx: "200 with 3", HAProxy: "200 with 3" },
      "response chunk: size with LF": { nginx: "200 with 3", HAProxy: "200 with 3" },
    },
  },
  {
    about: "after the end",
    why:
      "Node answers 400 when bytes follow a message that closes the connection, and its 400 " +
      "overtakes an answer still being made. We answer, and read no further.",
    cases: {
      "line: HTTP/1.0 without Host": { Node: "[] 400" },
      "line: HTTP/1.0 with a body": { Node: "[] 400" },
      "field: Connection: close": { Node: "[] 400" },
      "stream: close, then a request": { Node: "[] 400" },
      "stream: rubbish after a body": { Node: "[] 400" },
      "response: more than its length": { Node: "refused" },
      "response: 204 with a length": { Node: "refused" },
      "response: 204 and chunked": { Node: "refused" },
    },
  },
  {
    about: "Host",
    why:
      "Host is what we route by: there is one, and it is `host[:port]` (RFC 9112, 3.2). The " +
      "others look less closely, because they route by less.",
    cases: {
      "host: missing": { HAProxy: "[0] in step" },
      "host: twice": { Node: "[0] in step", HAProxy: "[0] in step" },
      "host: twice and different": { Node: "[0] in step" },
      "host: with a port that is no number": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "host: with two ports": { Node: "[0] in step", nginx: "[0] in step", HAProxy: "[0] in step" },
      "host: with a path": { Node: "[0] in step", HAProxy: "[0] in step" },
      "host: with userinfo": { Node: "[0] in step", nginx: "[0] in step", HAProxy: "[0] in step" },
      "host: with a space": { Node: "[0] in step", HAProxy: "[0] in step" },
      "host: IPv6 not closed": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "host: byte above ASCII": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "host: with a query": { Node: "[0] in step", nginx: "[0] in step", HAProxy: "[0] in step" },
      "host: with a fragment": {
        Node: "[0] in step",
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
      "stream: good, then bad": { HAProxy: "[0 0] in step" },
    },
  },
  {
    about: "empty Host",
    why:
      "An empty Host is valid (RFC 9112, 3.2): it names no service, which is for routing to " +
      "say. nginx refuses it.",
    cases: {
      "host: empty": { nginx: "[] 400" },
    },
  },
  {
    about: "broken fields",
    why:
      "nginx leaves out a field line that it cannot read, and goes on. A field that one " +
      "reader sees and the next one does not is how requests are smuggled: we refuse the " +
      "message.",
    cases: {
      "field: no colon": { nginx: "[0] in step" },
      "field: byte above ASCII in the name": { nginx: "[0] in step" },
      "field: parenthesis in the name": { nginx: "[0] in step" },
      "response: no colon": { nginx: "200 with 3" },
    },
  },
  {
    about: "control bytes",
    why: "No control byte but the tab belongs in a field value or a reason (RFC 9110, 5.5).",
    cases: {
      "field: NUL in the value": { HAProxy: "[0] in step" },
      "field: control byte in the value": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "field: vertical tab in the value": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "field: DEL in the value": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "status: NUL in the reason": {
        Node: "200 with 3",
        nginx: "200 with 3",
        HAProxy: "200 with 3",
      },
    },
  },
  {
    about: "folding",
    why:
      "Folded lines are refused (RFC 9112, 5.2, allows that or unfolding). HAProxy unfolds " +
      "them.",
    cases: {
      "field: folded": { HAProxy: "[0] in step" },
      "field: folded with a tab": { HAProxy: "[0] in step" },
      "length: folded": { HAProxy: "[3] in step" },
      "length: TE folded": { HAProxy: "[0] in step" },
      "response: folded": { HAProxy: "200 with 3" },
    },
  },
  {
    about: "upgrades",
    why:
      "Node closes a connection on which an upgrade was asked for and not granted. To us it " +
      "is a request as any other until the answer says 101.",
    cases: {
      "field: Upgrade to websocket": { Node: "[0] closes" },
      "field: Upgrade to h2c": { Node: "[0] closes" },
    },
  },
  {
    about: "expectations",
    why: "What else is expected is for the server to judge, and goes on to it as it came.",
    cases: {
      "field: Expect something unknown": { Node: "[] 417" },
    },
  },
];
