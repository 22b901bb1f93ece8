/**
 * From YAML's tree to plain values, with the place of every key and value kept aside. Written
 * here rather than taken from the library, because a file is hostile until it is read: aliases
 * expand within a bound, depth is bounded, keys are compared in linear time.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";

export const YAML_DEPTH_MAX = 100;
/** Counted after aliases were expanded. */
export const YAML_NODES_MAX = 200_000;

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A finding at an offset of the document's text. */
export interface YamlFinding {
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface YamlValue {
  readonly value: JsonValue;
  readonly places: Places;
  readonly findings: readonly YamlFinding[];
}

interface KeyPlace {
  readonly key: number;
  readonly value: number;
}

/** Where keys and values stand. Only containers are kept: what they hold is found through them. */
export class Places {
  readonly #children = new WeakMap<object, Map<string | number, KeyPlace>>();
  readonly #root: JsonValue;
  readonly #rootOffset: number;

  constructor(root: JsonValue, rootOffset: number, children: [object, Map<string, KeyPlace>][]) {
    this.#root = root;
    this.#rootOffset = rootOffset;
    for (const [container, places] of children) this.#children.set(container, places);
  }

  /** The offset of the value at the path, or of the nearest container that is there. */
  offsetOf(keys: readonly (string | number)[], wanted: "key" | "value"): number {
    let value: JsonValue = this.#root;
    let offset = this.#rootOffset;
    for (const [index, key] of keys.entries()) {
      if (typeof value !== "object" || value === null) return offset;
      const place = this.#children.get(value)?.get(String(key));
      if (place === undefined) return offset;
      const isLast = index === keys.length - 1;
      offset = isLast && wanted === "key" ? place.key : place.value;
      value = childOf(value, key);
    }
    return offset;
  }
}

function childOf(value: object, key: string | number): JsonValue {
  const found: unknown = Reflect.get(value, key);
  // Values were made by the converter below, and hold nothing but JSON.
  return (found ?? null) as JsonValue;
}

/** Undefined when the document holds nothing. */
export function readYamlValue(document: Document): YamlValue | undefined {
  if (document.contents === null) return undefined;
  const converter = new Converter();
  const value = converter.convert(document.contents, 0);
  const offset = document.contents.range?.[0] ?? 0;
  const places = new Places(value, offset, converter.places);
  return { value, places, findings: converter.findings };
}

class Converter {
  readonly places: [object, Map<string, KeyPlace>][] = [];
  readonly findings: YamlFinding[] = [];
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #nodes = 0;
  #stopped = false;

  convert(node: unknown, depth: number): JsonValue {
    if (!isNode(node)) return null;
    const offset = node.range?.[0] ?? 0;
    if (this.#stopped) return null;
    this.#nodes += 1;
    if (this.#nodes > YAML_NODES_MAX) {
      const message = `holds more than ${YAML_NODES_MAX} values, aliases expanded`;
      return this.#stop(offset, message, "make several files of it");
    }
    if (depth > YAML_DEPTH_MAX)
      return this.#stop(offset, `nests deeper than ${YAML_DEPTH_MAX}`, "");
    if (isAlias(node)) return this.#alias(node.source, offset, depth);
    if ("anchor" in node && typeof node.anchor === "string") this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node.value, offset);
    this.#open.add(node);
    const value = isMap(node)
      ? this.#map(node.items, depth)
      : isSeq(node)
        ? this.#list(node.items, depth)
        : null;
    this.#open.delete(node);
    return value;
  }

  #alias(name: string, offset: number, depth: number): JsonValue {
    const target = this.#anchors.get(name);
    if (target === undefined) return this.#find(offset, "bad-yaml", `no anchor &${name} before`);
    if (this.#open.has(target)) {
      return this.#find(offset, "bad-yaml", `the alias *${name} stands within its own anchor`);
    }
    return this.convert(target, depth + 1);
  }

  #scalar(value: unknown, offset: number): JsonValue {
    if (typeof value === "number" && !Number.isFinite(value)) {
      return this.#find(offset, "bad-yaml", "is no number that JSON has");
    }
    if (value === null || typeof value === "string" || typeof value === "number") return value;
    if (typeof value === "boolean") return value;
    return value === undefined
      ? null
      : this.#find(offset, "bad-yaml", "has a tag that means nothing here");
  }

  #list(items: readonly unknown[], depth: number): JsonValue {
    const places = new Map<string, KeyPlace>();
    const list = items.map((item, index) => {
      const offset = isNode(item) ? (item.range?.[0] ?? 0) : 0;
      places.set(String(index), { key: offset, value: offset });
      return this.convert(item, depth + 1);
    });
    this.places.push([list, places]);
    return list;
  }

  #map(pairs: readonly Pair[], depth: number): JsonValue {
    const places = new Map<string, KeyPlace>();
    const map: Record<string, JsonValue> = {};
    const merges: Pair[] = [];
    for (const pair of pairs) {
      if (isScalar(pair.key) && pair.key.value === "<<" && pair.key.type === "PLAIN") {
        merges.push(pair);
        continue;
      }
      const key = this.#key(pair.key);
      if (key === undefined) continue;
      const keyOffset = isNode(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
      if (places.has(key)) {
        this.#find(keyOffset, "duplicate-key", `the key ${JSON.stringify(key)} stands here twice`);
        continue;
      }
      const valueOffset = isNode(pair.value) ? (pair.value.range?.[0] ?? keyOffset) : keyOffset;
      places.set(key, { key: keyOffset, value: valueOffset });
      setOwn(map, key, this.convert(pair.value, depth + 1));
    }
    for (const pair of merges) this.#merge(pair, map, places, depth);
    this.places.push([map, places]);
    return map;
  }

  /** What stands in the map itself wins over what is merged, the first merged over later ones. */
  #merge(
    pair: Pair,
    map: Record<string, JsonValue>,
    places: Map<string, KeyPlace>,
    depth: number,
  ): void {
    const offset = isNode(pair.value) ? (pair.value.range?.[0] ?? 0) : 0;
    const merged = this.convert(pair.value, depth + 1);
    const sources: readonly unknown[] = Array.isArray(merged) ? merged : [merged];
    for (const source of sources) {
      if (!isMapValue(source)) {
        if (!this.#stopped) this.#find(offset, "bad-yaml", "only maps can be merged by <<");
        return;
      }
      for (const [key, value] of Object.entries(source)) {
        if (places.has(key)) continue;
        places.set(key, { key: offset, value: offset });
        setOwn(map, key, value);
      }
    }
  }

  #key(node: unknown): string | undefined {
    if (isScalar(node) && node.value !== null && typeof node.value !== "object") {
      return String(node.value);
    }
    const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
    this.#find(offset, "bad-yaml", "keys must be plain text");
    return undefined;
  }

  #stop(offset: number, message: string, hint: string): null {
    this.#stopped = true;
    this.findings.push({ offset, code: "too-large", message, hint });
    return null;
  }

  #find(offset: number, code: string, message: string): null {
    this.findings.push({ offset, code, message, hint: "" });
    return null;
  }
}

function isMapValue(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A key named `__proto__` is a key like any other. */
function setOwn(map: Record<string, JsonValue>, key: string, value: JsonValue): void {
  Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true });
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}
