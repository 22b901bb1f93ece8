import { MATCH_DEPTH_MAX, type Match } from "./match.ts";

/** Characters of a path, a prefix, an expression, a header's name or value. */
export const MATCH_TEXT_LENGTH_MAX = 8192;

/** Counts nodes over all trees of one body. */
export interface NodeBudget {
  left: number;
}

type Node = Readonly<Record<string, unknown>>;

/** Undefined when it is a `Match`; otherwise what is wrong. */
export function matchProblem(value: unknown, budget: NodeBudget, depth = 1): string | undefined {
  const node = nodeOf(value);
  if (node === undefined) return "a match is not an object";
  if (depth > MATCH_DEPTH_MAX) return `a match nests deeper than ${MATCH_DEPTH_MAX}`;
  budget.left -= 1;
  if (budget.left < 0) return "the matches have too many parts";
  switch (node.kind) {
    case "method":
      return textProblem(node, "method", TOKEN);
    case "path":
      return textProblem(node, "path");
    case "pathPrefix":
      return textProblem(node, "prefix");
    case "pathRegex":
      return textProblem(node, "regex");
    case "header":
      return textProblem(node, "name", HEADER_NAME) ?? stringMatchProblem(node.value);
    case "all":
    case "any":
      return listProblem(node.of, (part) => matchProblem(part, budget, depth + 1));
    case "not":
      return matchProblem(node.of, budget, depth + 1);
    default:
      return `a match of unknown kind ${quote(node.kind)}`;
  }
}

/** Undefined when it is a `ResponseMatch`; otherwise what is wrong. */
export function responseMatchProblem(
  value: unknown,
  budget: NodeBudget,
  depth = 1,
): string | undefined {
  const node = nodeOf(value);
  if (node === undefined) return "a response match is not an object";
  if (depth > MATCH_DEPTH_MAX) return `a response match nests deeper than ${MATCH_DEPTH_MAX}`;
  budget.left -= 1;
  if (budget.left < 0) return "the matches have too many parts";
  switch (node.kind) {
    case "status":
      return isStatus(node.min) && isStatus(node.max) && node.min <= node.max
        ? undefined
        : "a status range is not within 100 to 599, or upside down";
    case "all":
    case "any":
      return listProblem(node.of, (part) => responseMatchProblem(part, budget, depth + 1));
    case "not":
      return responseMatchProblem(node.of, budget, depth + 1);
    default:
      return `a response match of unknown kind ${quote(node.kind)}`;
  }
}

/** Whether a match lets everything through, in the one form in which the compiler writes that. */
export function matchesEverything(match: Match): boolean {
  return match.kind === "all" && match.of.length === 0;
}

/** RFC 9110 section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_NAME = /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/;

function stringMatchProblem(value: unknown): string | undefined {
  const node = nodeOf(value);
  if (node === undefined) return "a header's match is not an object";
  switch (node.kind) {
    case "present":
      return undefined;
    case "exact":
    case "prefix":
    case "suffix":
      return textProblem(node, "text");
    case "regex":
      return textProblem(node, "regex");
    default:
      return `a header's match of unknown kind ${quote(node.kind)}`;
  }
}

function textProblem(node: Node, member: string, pattern?: RegExp): string | undefined {
  const text = node[member];
  if (typeof text !== "string") return `${member} of a match is not a string`;
  if (text.length > MATCH_TEXT_LENGTH_MAX) return `${member} of a match is too long`;
  if (pattern === undefined || pattern.test(text)) return undefined;
  return `${member} of a match cannot be ${quote(text)}`;
}

function listProblem(
  value: unknown,
  partProblem: (part: unknown) => string | undefined,
): string | undefined {
  if (!Array.isArray(value)) return "the parts of a match are not a list";
  for (const part of value) {
    const problem = partProblem(part);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function nodeOf(value: unknown): Node | undefined {
  // The cast only names what `typeof` has just shown: an object, whose members are unknown.
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Node)
    : undefined;
}

function isStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 100 && value <= 599;
}

function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 64)) : `(${typeof value})`;
}
