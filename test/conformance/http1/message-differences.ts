/** Differences over lengths, chunks and responses. See differences.ts. */
import type { Reason } from "./differences.ts";

export const MESSAGE_REASONS: readonly Reason[] = [
  {
    about: "equal lengths",
    why:
      "RFC 9110, 8.6, lets a reader merge Content-Length fields that agree, or refuse them. " +
      "We refuse: nothing sound sends them.",
    cases: {
      "length: list of the same": { HAProxy: "[3] in step" },
      "length: twice the same": { HAProxy: "[3] in step" },
      "response: length twice the same": { nginx: "200 with 3", HAProxy: "200 with 3" },
      "response: length in a list": { nginx: "200 with 3", HAProxy: "200 with 3" },
    },
  },
  {
    about: "huge lengths",
    why:
      "A length past 2^53 cannot be held exactly, and is refused; readers that count with 64 " +
      "bits wait for so many bytes, and HAProxy for still more.",
    cases: {
      "length: past 2^53": { Node: "[] waits", nginx: "[] waits", HAProxy: "[] waits" },
      "length: past 2^64": { HAProxy: "[] waits" },
      "chunk: size past 2^53": { Node: "[] waits", nginx: "[] waits" },
    },
  },
  {
    about: "two framings",
    why:
      "With both Content-Length and Transfer-Encoding, RFC 9112, 6.3, lets a proxy drop the " +
      "length and close, or refuse. It is the mark of smuggling: we refuse.",
    cases: {
      "length: CL.TE": { HAProxy: "[0] closes" },
      "length: TE.CL": { HAProxy: "[35] closes" },
      "length: CL of zero and TE": { HAProxy: "[0] closes" },
      "response: length and chunked": { nginx: "200 with 0", HAProxy: "200 with 0" },
      "response: chunked and length": { nginx: "200 with 0", HAProxy: "200 with 0" },
    },
  },
  {
    about: "refusals of codings",
    why:
      "Refused by both, with another status: to us an unknown coding is 501 (RFC 9112, 6.1), " +
      "and a list that does not end in one `chunked` is 400.",
    cases: {
      "length: TE chunked twice": { nginx: "[] 501" },
      "length: TE chunked, gzip": { nginx: "[] 501" },
      "length: TE identity": { Node: "[] 400", HAProxy: "[] 400" },
      "length: TE identity and CL": { Node: "[] 400", HAProxy: "[] 400" },
      "length: TE xchunked": { Node: "[] 400", HAProxy: "[] 400" },
      "length: TE in quotes": { nginx: "[] 501" },
      "length: TE with a parameter": { nginx: "[] 501" },
      "length: TE empty": { nginx: "[] 501" },
      "length: TE unknown, then chunked": { nginx: "[] 400", HAProxy: "[] 422" },
      "length: TE gzip, chunked": { HAProxy: "[] 422" },
      "length: TE with a comma after": { nginx: "[] 501" },
      "length: TE with a comma before": { nginx: "[] 501", HAProxy: "[] 422" },
      "length: TE after a vertical tab": { nginx: "[] 501" },
    },
  },
  {
    about: "lists of codings",
    why:
      "A list that ends in `chunked` frames by chunks, whatever else it names; Node and " +
      "nginx's client side leave the other codings to the application, and some skip empty " +
      "elements. We neither decode other codings nor guess.",
    cases: {
      "length: TE unknown, then chunked": { Node: "[0] in step" },
      "length: TE gzip, chunked": { Node: "[0] in step" },
      "length: TE with a comma before": { Node: "[0] in step" },
      "length: TE with a comma after": { HAProxy: "[0] in step" },
      "response: chunked twice": { Node: "200 with 0", nginx: "200 with 0" },
      "response: gzip, chunked": { Node: "200 with 0", nginx: "200 with 0" },
      "response: identity": { Node: "200 with 3", nginx: "200 with 3" },
    },
  },
  {
    about: "tab before a coding",
    why: "White space around a value may be a tab (RFC 9110, 5.6.3); nginx trims spaces alone.",
    cases: {
      "length: TE with a tab": { nginx: "[] 501" },
    },
  },
  {
    about: "codings in HTTP/1.0",
    why:
      "HTTP/1.0 has no transfer codings: such a message is faulty (RFC 9112, 6.1), and cannot " +
      "be read safely.",
    cases: {
      "length: TE in HTTP/1.0": { HAProxy: "[0] closes" },
      "response: 1.0 and chunked": {
        Node: "200 with 3",
        nginx: "200 with 3",
        HAProxy: "200 with 3",
      },
    },
  },
  {
    about: "blanks in extensions",
    why:
      "White space around the semicolon and the equals sign is allowed (RFC 9112, 7.1.1), if " +
      "bad. Node refuses it.",
    cases: {
      "chunk: extension with blanks": { Node: "[] 400" },
    },
  },
  {
    about: "chunk extensions",
    why:
      "nginx and HAProxy skip whatever follows a chunk's size up to the line end. We read it " +
      "by its grammar: skipping by different rules finds different chunks.",
    cases: {
      "chunk: extension without a name": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: extension with NUL": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: extension not closed": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "chunk: space after the size": { nginx: "[3] in step", HAProxy: "[3] in step" },
      "response chunk: space after the size": { nginx: "200 with 3", HAProxy: "200 with 3" },
    },
  },
  {
    about: "trailers",
    why:
      "Trailers are read as strictly as the head; nginx throws them away unread, and HAProxy " +
      "looks at less.",
    cases: {
      "chunk: trailers folded": { nginx: "[0] in step", HAProxy: "[0] in step" },
      "chunk: trailers without a colon": { nginx: "[0] in step" },
      "chunk: trailers with a space before the colon": {
        nginx: "[0] in step",
        HAProxy: "[0] in step",
      },
    },
  },
  {
    about: "trailers that frame",
    why:
      "Fields that may not be trailers are dropped from view and not passed on (RFC 9110, " +
      "6.5.1); Node refuses the message.",
    cases: {
      "chunk: trailers that frame": { Node: "[] 400" },
    },
  },
  {
    about: "statuses",
    why:
      "A status-line has one space and a status from 100 on, of version 1 (RFC 9112, 4; RFC " +
      "9110, 15). The others look less closely.",
    cases: {
      "status: zero": { Node: "0 with 3", nginx: "0 with 3", HAProxy: "0 with 3" },
      "status: two spaces": { nginx: "200 with 3", HAProxy: "200 with 3" },
      "status: version 2.0": { Node: "200 with 3", nginx: "200 with 3", HAProxy: "200 with 3" },
    },
  },
  {
    about: "line before a response",
    why: "Empty lines are skipped before requests alone (RFC 9112, 2.2).",
    cases: {
      "status: line too many before": {
        Node: "200 with 0",
        nginx: "200 with 0",
        HAProxy: "200 with 0",
      },
    },
  },
  {
    about: "lengths of responses",
    why:
      "nginx takes the first length of a response, and reads up to the close when it cannot " +
      "read any. A client behind it may count otherwise: we refuse.",
    cases: {
      "response: length twice, different": { nginx: "200 with 2" },
      "response: length negative": { nginx: "200 with 3" },
      "response: length with a plus": { nginx: "200 with 3" },
      "response: length past 2^64": { nginx: "200 with 3" },
    },
  },
  {
    about: "informational",
    why: "nginx asks its servers in HTTP/1.0 by default, where nothing comes before the answer.",
    cases: {
      "response: 100 first": { nginx: "refused" },
      "response: 103 first": { nginx: "refused" },
    },
  },
  {
    about: "unasked upgrades",
    why: "101 that nobody asked for would turn a connection into a tunnel past every rule.",
    cases: {
      "response: 101 not asked for": { Node: "101 tunnel", nginx: "101 tunnel" },
    },
  },
  {
    about: "head and body together",
    why:
      "The broken chunk came together with the head. We tell of the head first, and the layer " +
      "above then cuts the answer; the others had passed on nothing yet, and answer 502.",
    cases: {
      "response chunk: size with LF": { Node: "refused" },
      "response chunk: space after the size": { Node: "refused" },
      "response chunk: size that is no number": {
        Node: "refused",
        nginx: "refused",
        HAProxy: "refused",
      },
      "response chunk: data longer than its size": {
        Node: "refused",
        nginx: "refused",
        HAProxy: "refused",
      },
      "response chunk: size past 2^64": { Node: "refused", nginx: "refused", HAProxy: "refused" },
    },
  },
];
