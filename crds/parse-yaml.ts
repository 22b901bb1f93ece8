/** One YAML document to the library's tree, the same way for everyone who reads manifests. */
import { Composer, type Document, Parser } from "yaml";

/**
 * What the parser cannot place at all it leaves out and goes on, and each time costs more than a
 * whole line that is right: the rest of a document that is no YAML is not looked at.
 */
const MISPLACED_TOKENS_MAX = 10;

/** A document as a tree whose `errors` and `warnings` are for the caller, or why there is none. */
export function parseYaml(text: string): Document | string {
  try {
    return compose(text);
  } catch (error) {
    // The library composes by recursion; whatever else it throws is about this text, too.
    const isDepth = error instanceof RangeError;
    return isDepth ? "nests too deeply to be read" : `cannot be read: ${String(error)}`;
  }
}

function compose(text: string): Document {
  const composer = new Composer({
    version: "1.2",
    schema: "core",
    // Both are done where the time they take is linear, and errors are formatted by us.
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "silent",
    strict: true,
  });
  const documents: Document[] = [];
  let misplaced = 0;
  for (const token of new Parser().parse(text)) {
    documents.push(...composer.next(token));
    if (token.type === "error") misplaced += 1;
    if (misplaced >= MISPLACED_TOKENS_MAX) break;
  }
  documents.push(...composer.end(true, text.length));
  const [first] = documents;
  if (first === undefined) throw new Error("no document was made");
  return first;
}

/** By what the parser, or the reader of its tree, says. */
const HINTS: readonly (readonly [part: string, hint: string])[] = [
  ["Tabs", "indent with spaces"],
  ["at node end", 'put "---" between documents'],
  ["stands here twice", "take one of the two away"],
  ["cannot start with", "put the value in quotes"],
  ["no anchor", "put it in quotes if it is text"],
  ["tag", "put it in quotes if it is text"],
  ["same column", "give it the indent of the lines beside it"],
  ["sufficiently indented", "indent it more than the key that it belongs to"],
  ["ested mappings", 'put a value that holds ": " in quotes, or begin a new line'],
  ["on same line", "begin a new line"],
  ["is no number", "write a plain number, or put it in quotes if it is text"],
  ["plain text", "write a plain word before each colon"],
];

/** What most likely was meant, for people. */
export function syntaxHint(message: string, text: string): string {
  if (text.includes("{{")) return "a template has to be rendered first";
  const found = HINTS.find(([part]) => message.includes(part));
  return found?.[1] ?? "look for a colon, a bracket or a quote that is missing here";
}
