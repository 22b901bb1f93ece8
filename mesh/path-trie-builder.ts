/**
 * Builds the trie of path patterns as objects, to be laid out flat. A node stands for the bytes
 * that lead to it; below it go literal labels, told apart by their first byte, and runs.
 *
 *     /books/ ─┬─ [^/]+ ── /reviews      rules 3 (GET), 4
 *              └─ search                 rule 1
 */
import { byteSetKey } from "./byte-set.ts";
import { BuildNode, type Candidate, type FlatTrie, flatten, NODE_SIZE } from "./flat-trie.ts";
import type { PathPattern, PatternRun } from "./path-pattern.ts";

export class PathTrieBuilder {
  readonly #root = new BuildNode(new Uint8Array(0), 0);

  /** Candidates must come in the order of their rules. */
  insert(pattern: PathPattern, candidate: Candidate): void {
    let node = this.#root;
    for (const step of pattern.steps) {
      const { rule } = candidate;
      node =
        step.kind === "literal" ? descend(node, step.bytes, rule) : descendRun(node, step, rule);
    }
    (pattern.exact ? node.exacts : node.prefixes).push(candidate);
  }

  build(): FlatTrie {
    return flatten(inOrder(this.#root));
  }
}

function descend(from: BuildNode, bytes: Uint8Array, rule: number): BuildNode {
  let node = from;
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at]!;
    const child = node.children.get(first);
    if (child === undefined) {
      const leaf = new BuildNode(bytes.subarray(at), rule);
      node.children.set(first, leaf);
      return leaf;
    }
    const shared = sharedLength(child.label, bytes, at);
    at += shared;
    node = shared === child.label.length ? child : splitLabel(node, child, shared);
  }
  return node;
}

/** Puts a node in the middle of a child's label. */
function splitLabel(parent: BuildNode, child: BuildNode, at: number): BuildNode {
  const middle = new BuildNode(child.label.subarray(0, at), child.leastRule);
  parent.children.set(middle.label[0]!, middle);
  child.label = child.label.subarray(at);
  middle.children.set(child.label[0]!, child);
  return middle;
}

function sharedLength(label: Uint8Array, bytes: Uint8Array, from: number): number {
  const end = Math.min(label.length, bytes.length - from);
  let length = 0;
  while (length < end && label[length] === bytes[from + length]) length += 1;
  return length;
}

function descendRun(node: BuildNode, run: PatternRun, rule: number): BuildNode {
  const key = `${run.min}${byteSetKey(run.set)}`;
  const known = node.runs.find((each) => each.key === key);
  if (known !== undefined) return known.node;
  const next = new BuildNode(new Uint8Array(0), rule);
  node.runs.push({ run, key, node: next });
  return next;
}

/** Every node, parents first; places are set on the way. */
function inOrder(root: BuildNode): readonly BuildNode[] {
  const nodes: BuildNode[] = [root];
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index]!;
    node.at = index * NODE_SIZE;
    nodes.push(...node.children.values());
    for (const { node: next } of node.runs) nodes.push(next);
  }
  return nodes;
}
