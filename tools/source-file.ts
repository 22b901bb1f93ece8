/** The sources of the repository, read and parsed once for the checks that look at them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { parseAst } from "rolldown/parseAst";

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
  /** Every node of the syntax tree, parents first. */
  readonly nodes: readonly SyntaxNode[];
}

export interface SourceImport {
  readonly specifier: string;
  readonly line: number;
  /** Gone when the program runs. */
  readonly typeOnly: boolean;
  /** Runs when the program gets there, not when the file is loaded. */
  readonly lazy: boolean;
}

/** What all nodes of the tree have; the rest is read by name where it is known. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

/** A rule that somebody broke, where, and how it is mended. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly problem: string;
  readonly mend: string;
}

const LEFT_OUT = new Set(["node_modules", "dist", "coverage", ".git", "fixtures"]);

/** Every TypeScript file of the repository. */
export function readSources(root: string): readonly SourceFile[] {
  return readdirSync(root, { recursive: false, withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? listFiles(root, entry.name) : [entry.name]))
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .sort()
    .map((path) => parseSource(path, readFileSync(join(root, path), "utf8")));
}

function listFiles(root: string, folder: string): string[] {
  if (LEFT_OUT.has(posix.basename(folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    return entry.isDirectory() ? listFiles(root, path) : [path];
  });
}

export function parseSource(path: string, text: string): SourceFile {
  const nodes: SyntaxNode[] = [];
  collect(parseAst(text, { lang: "ts" }, path), nodes);
  const imports = nodes.flatMap((node) => readImport(node, text));
  return { path, text, imports, nodes };
}

export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line += 1;
  }
  return line;
}

/** The file that a relative import names, or undefined for a package. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.normalize(posix.join(posix.dirname(from), specifier));
}

export function formatViolation({ path, line, problem, mend }: Violation): string {
  return `${path}:${line}: ${problem}; ${mend}`;
}

/** Prints what was found and says whether it was nothing. */
export function reportViolations(name: string, all: readonly Violation[]): boolean {
  for (const violation of all) console.log(formatViolation(violation));
  console.log(all.length === 0 ? `${name}: nothing found` : `${name}: ${all.length} to mend`);
  return all.length === 0;
}

function collect(value: unknown, into: SyntaxNode[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, into);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (isNode(value)) into.push(value);
  for (const part of Object.values(value)) collect(part, into);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

const IMPORTING = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

function readImport(node: SyntaxNode, text: string): readonly SourceImport[] {
  if (!IMPORTING.has(node.type)) return [];
  const source = node["source"];
  const specifier = isNode(source) ? source["value"] : undefined;
  if (typeof specifier !== "string") return [];
  const typeOnly =
    node.type === "TSImportType" ||
    node["importKind"] === "type" ||
    node["exportKind"] === "type" ||
    hasOnlyTypes(node["specifiers"]);
  const lazy = node.type === "ImportExpression";
  return [{ specifier, line: lineAt(text, node.start), typeOnly, lazy }];
}

function hasOnlyTypes(specifiers: unknown): boolean {
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((one) => isNode(one) && one["importKind"] === "type");
}
