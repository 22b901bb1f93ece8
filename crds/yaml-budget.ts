/**
 * Looks over a document's tokens before anything is built from them. The parser takes longer than
 * linear time for what nests without end, and a file of four megabytes could hold the operator up
 * for a minute; looking at the tokens costs a fraction of parsing, and stops at the first excess.
 */
import { Lexer } from "yaml";
import { YAML_DEPTH_MAX, type YamlFinding } from "./yaml-value.ts";

/** A plain manifest has about one token for each six bytes. */
export const YAML_TOKENS_MAX = 1_000_000;

/** Counts the tokens of all documents of a file together. */
export class YamlBudget {
  #tokens = 0;

  /** What is too much in the document, if anything is. */
  excess(text: string): YamlFinding | undefined {
    let offset = 0;
    let flowDepth = 0;
    /** Block indicators since the line began: `- - - a` nests once for each. */
    let lineDepth = 0;
    for (const token of new Lexer().lex(text)) {
      this.#tokens += 1;
      if (this.#tokens > YAML_TOKENS_MAX) {
        return excess(offset, "too-large", `the file has more than ${YAML_TOKENS_MAX} tokens`);
      }
      if (token === "[" || token === "{") flowDepth += 1;
      else if (token === "]" || token === "}") flowDepth -= 1;
      else if (token.startsWith("\n") || token.startsWith("\r")) lineDepth = 0;
      // Within brackets a colon is only a key's: a whole JSON document may stand on one line.
      else if (flowDepth === 0 && isBlockIndicator(token)) lineDepth += 1;
      if (flowDepth + lineDepth > YAML_DEPTH_MAX) {
        return excess(offset, "too-deep", `nests deeper than ${YAML_DEPTH_MAX} levels`);
      }
      if (!isControl(token)) offset += token.length;
    }
    return undefined;
  }
}

function isBlockIndicator(token: string): boolean {
  return token === "-" || token === "?" || token === ":";
}

/** The lexer marks modes by characters that are not in the text. */
function isControl(token: string): boolean {
  return token === "\u0002" || token === "\u0018" || token === "\u001f";
}

function excess(offset: number, code: string, message: string): YamlFinding {
  const hint = code === "too-large" ? "make several files of it" : "";
  return { offset, code, message, hint };
}
