/**
 * What no formatter and no compiler looks at: sizes, names that say nothing, files that nobody
 * uses, marks of unfinished work. Each finding names its place and the mend.
 */
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { findDeadFiles } from "./dead-files.ts";
import {
  isNode,
  lineAt,
  readSources,
  reportViolations,
  type SourceFile,
  type SyntaxNode,
  type Violation,
} from "./source-file.ts";
import {
  BANNED_MEMBERS,
  BANNED_TEXT,
  EMPTY_FILE_NAMES,
  EMPTY_NAMES,
  FILE_LINES_MAX,
  FUNCTION_LINES_MAX,
  LINE_CHARS_MAX,
  LONG_FUNCTIONS,
  mayUseMachine,
} from "./tidy-rules.ts";

export function checkTidiness(sources: readonly SourceFile[]): readonly Violation[] {
  const ours = sources.filter((source) => !source.path.endsWith(".gen.ts"));
  return [
    ...ours.flatMap((source) => [
      ...checkName(source),
      ...checkLines(source),
      ...checkOpening(source),
      ...checkFunctions(source),
      ...checkMembers(source),
    ]),
    ...findDeadFiles(sources),
  ];
}

function checkName({ path }: SourceFile): readonly Violation[] {
  const stem = posix.basename(path).split(".")[0] ?? "";
  const folders = posix.dirname(path).split("/");
  const empty = EMPTY_FILE_NAMES.includes(stem)
    ? stem
    : folders.find((name) => EMPTY_NAMES.includes(name));
  if (empty === undefined) return [];
  const mend = "name it for the one thing that it holds";
  return [{ path, line: 1, problem: `"${empty}" says nothing`, mend }];
}

function checkLines({ path, text, nodes }: SourceFile): readonly Violation[] {
  const found: Violation[] = [];
  const quoted = linesOfQuotedText(text, nodes);
  const lines = text.split("\n");
  const count = lines.length - 1;
  if (count > FILE_LINES_MAX) {
    const problem = `${count} lines are more than ${FILE_LINES_MAX}`;
    found.push({ path, line: count, problem, mend: "give a part of it a file of its own" });
  }
  for (const [index, line] of lines.entries()) {
    const at = { path, line: index + 1 };
    const unbreakable =
      quoted.has(index + 1) ||
      /https?:\/\/\S{60,}/.test(line) ||
      (path.endsWith(".test.ts") && /^\s*(["'`]).*\1[,;)]*$/.test(line));
    if (line.length > LINE_CHARS_MAX && !unbreakable) {
      const problem = `${line.length} columns are more than ${LINE_CHARS_MAX}`;
      found.push({ ...at, problem, mend: "break the line" });
    }
    for (const { pattern, mend } of path.startsWith("tools/tidy") ? [] : BANNED_TEXT) {
      const word = pattern.exec(line)?.[0];
      if (word !== undefined) found.push({ ...at, problem: `"${word}" is banned`, mend });
    }
  }
  return found;
}

/**
 * Lines of templates that go over several: they are another language, YAML mostly. A test may also
 * hold such a text in one line by itself.
 */
function linesOfQuotedText(text: string, nodes: readonly SyntaxNode[]): ReadonlySet<number> {
  const lines = new Set<number>();
  for (const node of nodes) {
    if (node.type !== "TemplateLiteral") continue;
    const [first, last] = [lineAt(text, node.start), lineAt(text, node.end)];
    for (let line = first; first < last && line <= last; line += 1) lines.add(line);
  }
  return lines;
}

/** A file says what it is for before its first declaration. */
function checkOpening({ path, text, nodes }: SourceFile): readonly Violation[] {
  if (path.endsWith(".test.ts")) return [];
  const body = nodes[0]?.["body"];
  const statements = Array.isArray(body) ? body.filter(isNode) : [];
  const first = statements.find((node) => node.type !== "ImportDeclaration");
  const before = text.slice(0, first?.start ?? text.length);
  if (/\/\*\*|^\/\/|^#!/m.test(before)) return [];
  const mend = "open it with a sentence or two on what it is for and why";
  return [{ path, line: 1, problem: "does not say what it is for", mend }];
}

const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** Tests are left out: the callback of `describe` holds a whole story. */
function checkFunctions({ path, text, nodes }: SourceFile): readonly Violation[] {
  if (path.endsWith(".test.ts")) return [];
  const names = nameFunctions(nodes);
  return nodes
    .filter((node) => FUNCTIONS.has(node.type))
    .flatMap((node) => {
      const line = lineAt(text, node.start);
      const length = lineAt(text, node.end) - line + 1;
      const name = names.get(node) ?? "(nameless)";
      if (length <= FUNCTION_LINES_MAX || `${path}#${name}` in LONG_FUNCTIONS) return [];
      const problem = `${name} has ${length} lines, more than ${FUNCTION_LINES_MAX}`;
      return [{ path, line, problem, mend: "give a step of it a name of its own" }];
    });
}

/** A function is called by its own name, or by that of the method or variable that holds it. */
function nameFunctions(nodes: readonly SyntaxNode[]): ReadonlyMap<SyntaxNode, string> {
  const names = new Map<SyntaxNode, string>();
  for (const node of nodes) {
    const held = node["value"] ?? node["init"];
    const name = identifierOf(node["id"] ?? node["key"]);
    if (name === undefined) continue;
    if (FUNCTIONS.has(node.type)) names.set(node, name);
    else if (isNode(held) && FUNCTIONS.has(held.type)) names.set(held, name);
  }
  return names;
}

function identifierOf(node: unknown): string | undefined {
  const name = isNode(node) ? node["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}

function checkMembers({ path, text, nodes }: SourceFile): readonly Violation[] {
  if (mayUseMachine(path)) return [];
  const own = declaredNames(nodes);
  return nodes.flatMap((node) => {
    if (node.type !== "MemberExpression") return [];
    const object = identifierOf(node["object"]);
    if (object === undefined || own.has(object)) return [];
    const member = `${object}.${identifierOf(node["property"])}`;
    const mend = BANNED_MEMBERS[member] ?? BANNED_MEMBERS[`${object}.`];
    if (mend === undefined) return [];
    return [{ path, line: lineAt(text, node.start), problem: `${member} is not for here`, mend }];
  });
}

/** Names of variables and parameters anywhere in the file: no global is meant by those. */
function declaredNames(nodes: readonly SyntaxNode[]): ReadonlySet<string | undefined> {
  return new Set(
    nodes
      .flatMap((node) => {
        const params = node["params"];
        const declared = Array.isArray(params) ? params : [];
        return [node.type === "VariableDeclarator" ? node["id"] : undefined, ...declared];
      })
      .map(identifierOf),
  );
}

if (import.meta.main) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..");
  if (!reportViolations("tidy", checkTidiness(readSources(root)))) process.exitCode = 1;
}
