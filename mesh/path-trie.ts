/**
 * Finds the first rule for a request in a trie of path patterns. The path is read once from left
 * to right; a run beside a literal is put aside and followed afterwards. Every node is met at one
 * place only, so the time is bounded by the nodes that fit the path. Rules with something left to
 * test wait until the cheap ones have said which rules can still be first.
 */

import {
  CANDIDATES_END,
  EXACT_BARE,
  type FlatTrie,
  LABEL_END,
  LABEL_START,
  LEAST_RULE,
  MANY_CHILDREN,
  NODE_SIZE,
  ONLY_BYTE,
  ONLY_CHILD,
  PREFIX_BARE,
  RUNS_END,
  RUNS_START,
} from "./flat-trie.ts";
import type { MatchInput } from "./match-input.ts";
import type { Predicate } from "./predicate.ts";

/** No rule has such a high index. */
const NONE = 0x7fff_ffff;

export class PathTrie {
  // Taken out of the trie: one load less on each step.
  readonly #trie: FlatTrie;
  readonly #nodes: Int32Array;
  readonly #labels: Uint8Array;
  readonly #edges: Int32Array;
  readonly #classes: Uint8Array;
  readonly #rests: readonly Predicate[];
  /** Runs put aside: place of the node and of the path, in pairs. */
  readonly #aside: Int32Array;
  /** Ranges of candidates whose rests wait: start and end, in pairs. */
  readonly #waiting: Int32Array;
  #waitingCount = 0;

  constructor(trie: FlatTrie, rests: readonly Predicate[]) {
    this.#trie = trie;
    this.#nodes = trie.nodes;
    this.#labels = trie.labels;
    this.#edges = trie.edges;
    this.#classes = trie.classes;
    this.#rests = rests;
    this.#aside = new Int32Array((trie.runNodes.length + 1) * 2);
    this.#waiting = new Int32Array((trie.nodes.length / NODE_SIZE) * 4);
  }

  /** The lowest rule that matches; -1 when none does. `method` is the method's index, or -2. */
  find(input: MatchInput, method: number): number {
    this.#waitingCount = 0;
    let best = this.#walk(input.bytes, input.pathStart, input.pathEnd, method);
    if (this.#waitingCount > 0) best = this.#testWaiting(input, method, best);
    return best === NONE ? -1 : best;
  }

  /** The lowest rule that needs no further test. `at` is where a node's fields begin. */
  #walk(bytes: Uint8Array, start: number, end: number, method: number): number {
    const nodes = this.#nodes;
    const labels = this.#labels;
    const edges = this.#edges;
    const classes = this.#classes;
    let best = NONE;
    let asideCount = 0;
    let at = 0;
    let position = start;
    for (;;) {
      if (nodes[at + LEAST_RULE]! < best) {
        const exacts = nodes[at + EXACT_BARE]!;
        if (nodes[at + PREFIX_BARE] !== exacts) best = this.#take(at + PREFIX_BARE, method, best);
        if (position === end && nodes[at + CANDIDATES_END] !== exacts) {
          best = this.#take(at + EXACT_BARE, method, best);
        }
        if (nodes[at + RUNS_START] !== nodes[at + RUNS_END]) {
          asideCount = this.#putAside(at, bytes, position, end, asideCount);
        }
        let next = position < end ? this.#child(at, bytes[position]!) : 0;
        position += 1;
        while (next < 0 && position < end) {
          next = edges[classes[bytes[position]!]! - next]!;
          position += 1;
        }
        if (next > 0) {
          let label = nodes[next + LABEL_START]!;
          const labelEnd = nodes[next + LABEL_END]!;
          if (labelEnd - label <= end - position) {
            while (label < labelEnd && labels[label] === bytes[position]) {
              label += 1;
              position += 1;
            }
            at = next;
            if (label === labelEnd) continue;
          }
        }
      }
      if (asideCount === 0) return best;
      asideCount -= 2;
      at = this.#aside[asideCount]!;
      position = this.#aside[asideCount + 1]!;
    }
  }

  /** The child that begins with this byte, or its table; 0, which is the root, for none. */
  #child(at: number, byte: number): number {
    const only = this.#nodes[at + ONLY_BYTE]!;
    if (only === byte) return this.#nodes[at + ONLY_CHILD]!;
    if (only !== MANY_CHILDREN) return 0;
    return this.#edges[this.#nodes[at + ONLY_CHILD]! + this.#classes[byte]!]!;
  }

  /** Follows the runs that begin at a node to where they end, for later. */
  #putAside(at: number, bytes: Uint8Array, start: number, end: number, count: number): number {
    const { runSets, runMins, runNodes } = this.#trie;
    let asideCount = count;
    const runsEnd = this.#nodes[at + RUNS_END]!;
    for (let run = this.#nodes[at + RUNS_START]!; run < runsEnd; run += 1) {
      const set = runSets[run]!;
      let position = start;
      while (position < end && set[bytes[position]!] === 1) position += 1;
      if (position - start < runMins[run]!) continue;
      this.#aside[asideCount] = runNodes[run]!;
      this.#aside[asideCount + 1] = position;
      asideCount += 2;
    }
    return asideCount;
  }

  /** The better of `best` and a node's candidates, from the field where the bare ones begin. */
  #take(field: number, method: number, best: number): number {
    const { candidateRules, candidateMethods } = this.#trie;
    const bareEnd = this.#nodes[field + 1]!;
    const restEnd = this.#nodes[field + 2]!;
    if (bareEnd !== restEnd) {
      this.#waiting[this.#waitingCount] = bareEnd;
      this.#waiting[this.#waitingCount + 1] = restEnd;
      this.#waitingCount += 2;
    }
    for (let index = this.#nodes[field]!; index < bareEnd; index += 1) {
      const rule = candidateRules[index]!;
      if (rule >= best) return best;
      const wanted = candidateMethods[index]!;
      if (wanted === -1 || wanted === method) return rule;
    }
    return best;
  }

  #testWaiting(input: MatchInput, method: number, bare: number): number {
    const { candidateRules, candidateMethods, candidateRests } = this.#trie;
    let best = bare;
    for (let pair = 0; pair < this.#waitingCount; pair += 2) {
      const end = this.#waiting[pair + 1]!;
      for (let index = this.#waiting[pair]!; index < end; index += 1) {
        const rule = candidateRules[index]!;
        if (rule >= best) break;
        const wanted = candidateMethods[index]!;
        if (wanted !== -1 && wanted !== method) continue;
        if (!this.#rests[candidateRests[index]!]!.test(input)) continue;
        best = rule;
        break;
      }
    }
    return best;
  }
}
