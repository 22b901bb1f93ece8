/** One YAML document to the library's tree, the same way for everyone who reads manifests. */
import { type Document, parseDocument } from "yaml";

/** A document as a tree whose `errors` and `warnings` are for the caller, or why there is none. */
export function parseYaml(text: string): Document | string {
  try {
    return parseDocument(text, {
      version: "1.2",
      schema: "core",
      // Both are done where the time they take is linear, and errors are formatted by us.
      uniqueKeys: false,
      merge: false,
      prettyErrors: false,
      logLevel: "silent",
      strict: true,
    });
  } catch (error) {
    // The library composes by recursion; whatever else it throws is about this text, too.
    const isDepth = error instanceof RangeError;
    return isDepth ? "nests too deeply to be read" : `cannot be read: ${String(error)}`;
  }
}

/** What most likely was meant, for people; may be empty. */
export function syntaxHint(message: string, text: string): string {
  if (text.includes("{{")) return "a template has to be rendered first";
  if (message.includes("Tabs")) return "indent with spaces";
  return message.includes("at node end") ? 'put "---" between documents' : "";
}
