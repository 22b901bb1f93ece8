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
  /** Open addressing: node and byte as key, -1 for free; a power of two long. */
  readonly edgeKeys: Int32Array;
  readonly edgeNodes: Int32Array;
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
  const edgeCount = order.reduce((sum, { children }) => sum + manyChildren(children), 0);
  const edges = new EdgeTable(edgeCount);
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
    nodes[at + ONLY_BYTE] = only?.[0] ?? NO_CHILD;
    nodes[at + ONLY_CHILD] = only?.[1].at ?? 0;
    if (manyChildren(node.children) === 0) continue;
    nodes[at + ONLY_BYTE] = MANY_CHILDREN;
    for (const [byte, child] of node.children) edges.add(at, byte, child.at);
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
    edgeKeys: edges.keys,
    edgeNodes: edges.nodes,
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

/** How many edges the table must hold; a node with one child names it itself. */
function manyChildren(children: ReadonlyMap<number, BuildNode>): number {
  return children.size > 1 ? children.size : 0;
}

function isBare(candidate: Candidate): boolean {
  return candidate.rest < 0;
}

function hasRest(candidate: Candidate): boolean {
  return candidate.rest >= 0;
}

/** The first slot to look at for an edge, in a table with that mask. */
export function edgeSlot(key: number, mask: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 15) & mask;
}

class EdgeTable {
  readonly keys: Int32Array;
  readonly nodes: Int32Array;

  constructor(edgeCount: number) {
    let size = 4;
    while (size < edgeCount * 3) size *= 2;
    this.keys = new Int32Array(size).fill(-1);
    this.nodes = new Int32Array(size);
  }

  add(parent: number, byte: number, child: number): void {
    const key = parent * 256 + byte;
    const mask = this.keys.length - 1;
    let slot = edgeSlot(key, mask);
    while (this.keys[slot] !== -1) slot = (slot + 1) & mask;
    this.keys[slot] = key;
    this.nodes[slot] = child;
  }
}
