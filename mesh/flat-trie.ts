/**
 * The trie of path patterns as numbers: how a node, its candidates, runs and edges lie in arrays.
 * A node is named by where its fields begin.
 */
import { type ByteSet, byteSetKey } from "./byte-set.ts";
import type { PatternRun } from "./path-pattern.ts";

/** A rule that may match where it stands in the trie. */
export interface Candidate {
  readonly rule: number;
  /** Index of the method it asks for; -1 for any. */
  readonly method: number;
  /** Index of the predicate that must hold as well; -1 for none. */
  readonly rest: number;
}

/** Where the fields of a node stand in `FlatTrie.nodes`, `NODE_SIZE` numbers a node. */
export const LEAST_RULE = 0;
/** The label without its first byte, which the edge to it holds. */
export const LABEL_START = 1;
export const LABEL_END = 2;
/** Candidates: four ranges, side by side. */
export const PREFIX_BARE = 3;
export const PREFIX_REST = 4;
export const EXACT_BARE = 5;
export const EXACT_REST = 6;
export const CANDIDATES_END = 7;
export const RUNS_START = 8;
export const RUNS_END = 9;
/** The first byte of the only child; `NO_CHILD`, or `MANY_CHILDREN` that stand in the edges. */
export const ONLY_BYTE = 10;
/** The only child, as in the edges; of many, where in the edges their table begins. */
export const ONLY_CHILD = 11;
export const NODE_SIZE = 12;

export const NO_CHILD = -1;
export const MANY_CHILDREN = -2;

/** The trie as numbers. The root begins at 0. */
export interface FlatTrie {
  readonly nodes: Int32Array;
  readonly labels: Uint8Array;
  readonly candidateRules: Int32Array;
  readonly candidateMethods: Int32Array;
  readonly candidateRests: Int32Array;
  readonly runSets: readonly ByteSet[];
  readonly runMins: Int32Array;
  readonly runNodes: Int32Array;
  /**
   * A table for each node with many children: the child for each class of bytes, 0 for none. A
   * child that does nothing but branch again stands there by its own table, below zero: long rows
   * of names are told apart by one look for each byte.
   */
  readonly edges: Int32Array;
  /** The class of each byte: 0 for all that no table tells apart. */
  readonly classes: Uint8Array;
}

export interface BuildRun {
  readonly run: PatternRun;
  readonly key: string;
  readonly node: BuildNode;
}

export class BuildNode {
  label: Uint8Array;
  readonly children = new Map<number, BuildNode>();
  readonly runs: BuildRun[] = [];
  /** Match whatever follows here. */
  readonly prefixes: Candidate[] = [];
  /** Match when the path ends here. */
  readonly exacts: Candidate[] = [];
  /** The lowest rule here or below: the one it was made for, as rules come in order. */
  readonly leastRule: number;
  /** Where its fields will begin. */
  at = 0;

  constructor(label: Uint8Array, leastRule: number) {
    this.label = label;
    this.leastRule = leastRule;
  }
}

/** Lays out nodes, in that order, the root first. */
export function flatten(order: readonly BuildNode[]): FlatTrie {
  const nodes = new Int32Array(order.length * NODE_SIZE);
  const labels = new Uint8Array(order.reduce((sum, { label }) => sum + label.length, 0));
  let labelEnd = 0;
  const candidates: Candidate[] = [];
  const runs: BuildRun[] = [];
  const tables = new EdgeTables(order);
  for (const node of order) {
    const { at } = node;
    nodes[at + LEAST_RULE] = node.leastRule;
    nodes[at + LABEL_START] = labelEnd;
    for (let index = 1; index < node.label.length; index += 1) {
      labels[labelEnd] = node.label[index]!;
      labelEnd += 1;
    }
    nodes[at + LABEL_END] = labelEnd;
    nodes[at + PREFIX_BARE] = candidates.length;
    append(candidates, node.prefixes, isBare);
    nodes[at + PREFIX_REST] = candidates.length;
    append(candidates, node.prefixes, hasRest);
    nodes[at + EXACT_BARE] = candidates.length;
    append(candidates, node.exacts, isBare);
    nodes[at + EXACT_REST] = candidates.length;
    append(candidates, node.exacts, hasRest);
    nodes[at + CANDIDATES_END] = candidates.length;
    nodes[at + RUNS_START] = runs.length;
    runs.push(...node.runs);
    nodes[at + RUNS_END] = runs.length;
    const [only] = node.children;
    const table = tables.begins.get(node);
    nodes[at + ONLY_BYTE] = table === undefined ? (only?.[0] ?? NO_CHILD) : MANY_CHILDREN;
    nodes[at + ONLY_CHILD] = table ?? (only === undefined ? 0 : tables.reference(only[1]));
  }
  return {
    nodes,
    labels,
    candidateRules: Int32Array.from(candidates, (each) => each.rule),
    candidateMethods: Int32Array.from(candidates, (each) => each.method),
    candidateRests: Int32Array.from(candidates, (each) => each.rest),
    runSets: sharedSets(runs),
    runMins: Int32Array.from(runs, (each) => each.run.min),
    runNodes: Int32Array.from(runs, (each) => each.node.at),
    edges: tables.edges,
    classes: tables.classes,
  };
}

/** Equal sets become one, so that they share the processor's cache. */
function sharedSets(runs: readonly BuildRun[]): readonly ByteSet[] {
  const known = new Map<string, ByteSet>();
  return runs.map(({ run }) => {
    const key = byteSetKey(run.set);
    const set = known.get(key) ?? run.set;
    known.set(key, set);
    return set;
  });
}

function append(
  to: Candidate[],
  from: readonly Candidate[],
  which: (candidate: Candidate) => boolean,
): void {
  for (const candidate of from) if (which(candidate)) to.push(candidate);
}

function isBare(candidate: Candidate): boolean {
  return candidate.rest < 0;
}

function hasRest(candidate: Candidate): boolean {
  return candidate.rest >= 0;
}

/** Bytes that no table tells apart are one class, so that a table has room for few. */
class EdgeTables {
  readonly classes = new Uint8Array(256);
  readonly edges: Int32Array;
  /** Where each table begins. */
  readonly begins = new Map<BuildNode, number>();

  constructor(order: readonly BuildNode[]) {
    const branches = order.filter(({ children }) => children.size > 1);
    let classCount = 1;
    // Nothing begins at 0, which cannot be negative.
    let begin = 1;
    for (const { children } of branches) {
      for (const byte of children.keys()) {
        if (this.classes[byte] !== 0) continue;
        this.classes[byte] = classCount;
        classCount += 1;
      }
    }
    for (const node of branches) {
      this.begins.set(node, begin);
      begin += classCount;
    }
    this.edges = new Int32Array(begin);
    for (const node of branches) {
      for (const [byte, child] of node.children) {
        this.edges[this.begins.get(node)! + this.classes[byte]!] = this.reference(child);
      }
    }
  }

  /** How a child is named by its parent. */
  reference(child: BuildNode): number {
    const { prefixes, exacts, runs, label } = child;
    const table = this.begins.get(child);
    const isMore = label.length > 1 || prefixes.length + exacts.length + runs.length > 0;
    return table === undefined || isMore ? child.at : -table;
  }
}
