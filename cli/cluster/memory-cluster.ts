/** A cluster inside a test: a table of objects by path, and pods that answer from another one. */
import { isRecord } from "../../base/shape.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import { collectionPath, parseKubeObject } from "../../kube/kube-object.ts";
import type { Selection } from "../../kube/selection.ts";
import { type Cluster, ClusterError, type PodDoor } from "./cluster.ts";

export interface MemoryClusterOptions {
  /** By the path of their collection: `/api/v1/pods`. An empty list makes a kind known. */
  readonly objects?: Readonly<Record<string, readonly object[]>>;
  /** Kinds that are known though nothing is of them. */
  readonly knows?: (collection: string) => boolean;
  /** What pods answer, by pod, port and path: `heddle-operator-0:4192/objects`. */
  readonly pods?: Readonly<Record<string, object | string>>;
  /** What else is answered, by path: `/version`. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** What controllers make of an applied object. */
  readonly settle?: (object: Readonly<Record<string, unknown>>) => object;
  /** What is made and not kept: reviews. Undefined for what nobody makes. */
  readonly review?: (path: string, object: Readonly<Record<string, unknown>>) => object | undefined;
}

export class MemoryCluster implements Cluster {
  readonly context = "test";
  readonly server = "https://api.test:6443";
  readonly namespace = "shop";
  /** `APPLY /api/v1/…` and so on: whatever changed something, in its order. */
  readonly changes: string[] = [];
  readonly asked: string[] = [];
  /** Takes the place of the answer when it returns an error. */
  fails: (verb: string, path: string) => ClusterError | undefined = () => undefined;
  readonly #objects = new Map<string, Readonly<Record<string, unknown>>>();
  readonly #known = new Set<string>();
  readonly #options: MemoryClusterOptions;
  #version = 0;

  constructor(options: MemoryClusterOptions = {}) {
    this.#options = options;
    for (const [path, objects] of Object.entries(options.objects ?? {})) {
      this.#known.add(path);
      for (const object of objects) this.put(path, object);
    }
  }

  put(collection: string, object: object): void {
    if (!isRecord(object) || !isRecord(object.metadata)) throw new Error("no object");
    const { name, namespace } = object.metadata;
    const at = collection.lastIndexOf("/");
    const inNamespace =
      typeof namespace === "string"
        ? `${collection.slice(0, at)}/namespaces/${namespace}${collection.slice(at)}`
        : collection;
    this.#store(`${inNamespace}/${String(name)}`, object);
  }

  has(path: string): boolean {
    return this.#objects.has(path);
  }

  /** Of all objects, in the order in which they came. */
  paths(): readonly string[] {
    return [...this.#objects.keys()];
  }

  get(path: string): Promise<unknown> {
    this.asked.push(path);
    const failure = this.fails("GET", path);
    if (failure !== undefined) return Promise.reject(failure);
    const found = this.#objects.get(path) ?? this.#options.answers?.[path];
    return found === undefined ? Promise.reject(missing(path)) : Promise.resolve(found);
  }

  async find(path: string): Promise<unknown> {
    return await this.get(path).catch((error: unknown) => {
      if (error instanceof ClusterError && error.status === 404) return undefined;
      throw error;
    });
  }

  list(
    resource: KubeResource,
    selection: Selection = {},
  ): Promise<readonly KubeObject[] | undefined> {
    const path = collectionPath(resource);
    const isKnown = this.#known.has(path) || this.#options.knows?.(path) === true;
    this.asked.push(`LIST ${path}`);
    const failure = this.fails("LIST", path);
    if (failure !== undefined) return Promise.reject(failure);
    if (!isKnown) return Promise.resolve(undefined);
    const all = [...this.#objects].filter(([key]) => isOfCollection(key, path));
    const objects = all.map(([, value]) => parseKubeObject(value, resource));
    return Promise.resolve(objects.filter((object) => isSelected(object, selection)));
  }

  create(path: string, object: object): Promise<unknown> {
    const failure = this.fails("CREATE", path);
    if (failure !== undefined) return Promise.reject(failure);
    const reviewed = isRecord(object) ? this.#options.review?.(path, object) : undefined;
    if (reviewed !== undefined) return Promise.resolve(reviewed);
    return Promise.reject(new Error(`nobody makes ${path} here`));
  }

  apply(
    path: string,
    object: object,
    { dryRun = false }: { readonly dryRun?: boolean } = {},
  ): Promise<unknown> {
    const failure = this.fails("APPLY", path);
    if (failure !== undefined) return Promise.reject(failure);
    if (!isRecord(object)) return Promise.reject(new Error("no object"));
    if (dryRun) return Promise.resolve(object);
    const present = this.#objects.get(path);
    if (present !== undefined && isSame(present, object)) return Promise.resolve(present);
    this.changes.push(`APPLY ${path}`);
    const settled = { ...object, ...this.#options.settle?.(object) };
    return Promise.resolve(this.#store(path, settled));
  }

  patch(path: string): Promise<unknown> {
    return Promise.reject(new Error(`nobody patches ${path} here`));
  }

  delete(path: string): Promise<boolean> {
    const failure = this.fails("DELETE", path);
    if (failure !== undefined) return Promise.reject(failure);
    if (!this.#objects.delete(path)) return Promise.resolve(false);
    this.changes.push(`DELETE ${path}`);
    return Promise.resolve(true);
  }

  askPod({ pod, port }: PodDoor, path: string): Promise<string> {
    this.asked.push(`${pod}:${port}${path}`);
    const answer = this.#options.pods?.[`${pod}:${port}${path.split("?")[0] ?? ""}`];
    if (answer === undefined) return Promise.reject(missing(pod));
    return Promise.resolve(typeof answer === "string" ? answer : JSON.stringify(answer));
  }

  async askWithinPod(door: PodDoor, path: string) {
    return { status: 200, text: await this.askPod(door, path) };
  }

  close(): void {}

  #store(path: string, object: Readonly<Record<string, unknown>>) {
    this.#version += 1;
    const metadata = isRecord(object.metadata) ? object.metadata : {};
    const stored = {
      ...object,
      metadata: { resourceVersion: String(this.#version), uid: `uid-of-${path}`, ...metadata },
    };
    this.#objects.set(path, stored);
    return stored;
  }
}

/** The path of one object, with its namespace taken out, is its collection's and its name. */
function isOfCollection(path: string, collection: string): boolean {
  const parts = path.split("/");
  const at = parts.lastIndexOf("namespaces");
  const isInNamespace = at >= 0 && at === parts.length - 4;
  const plain = isInNamespace ? [...parts.slice(0, at), ...parts.slice(at + 2)] : parts;
  return plain.slice(0, -1).join("/") === collection;
}

function isSelected(object: KubeObject, { namespace, name, labelSelector }: Selection): boolean {
  if (namespace !== undefined && object.namespace !== namespace) return false;
  if (name !== undefined && object.name !== name) return false;
  if (labelSelector === undefined) return true;
  const metadata = isRecord(object.raw.metadata) ? object.raw.metadata : {};
  const labels = isRecord(metadata.labels) ? metadata.labels : {};
  return labelSelector.split(",").every((part) => {
    const [key = "", value] = part.split("=");
    return value === undefined ? Object.hasOwn(labels, key) : labels[key] === value;
  });
}

/** But for what the server itself, or a controller, writes. */
function isSame(present: Readonly<Record<string, unknown>>, object: object): boolean {
  return Object.entries(object).every(([key, value]) => {
    const before = present[key];
    if (key !== "metadata") return JSON.stringify(before) === JSON.stringify(value);
    if (!isRecord(before) || !isRecord(value)) return false;
    return Object.entries(value).every(
      ([name, one]) => JSON.stringify(before[name]) === JSON.stringify(one),
    );
  });
}

function missing(path: string): ClusterError {
  const detail = `${path} not found`;
  return new ClusterError({ status: 404, reason: "NotFound", detail, advice: "", cause: null });
}
