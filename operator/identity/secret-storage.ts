/**
 * Keeps an authority's roots in a Secret of the mesh's namespace, which every replica follows. It
 * is created where there is none and replaced at the version that was seen, so that of two replicas
 * that both think they lead one alone succeeds.
 */
import { CA_SECRET, PART_OF, PART_OF_VALUE } from "../../inject/names.ts";
import type { Informer } from "../../kube/informer.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { namespacePath, objectPath } from "../../kube/kube-object.ts";
import { FIELD_MANAGER } from "../status/status-writer.ts";
import type { AuthorityStorage, StoredRoots } from "./authority-storage.ts";
import type { RootTexts } from "./root-bundle.ts";
import { encodeSecretData, SECRETS, secretText } from "./secrets.ts";

const KEY = { certificates: "ca.crt", keys: "ca.key" } as const;

export interface SecretStorageOptions {
  readonly client: KubeClient;
  /** Of the one Secret. Started and stopped here. */
  readonly informer: Informer;
  readonly namespace: string;
}

export class SecretStorage implements AuthorityStorage {
  readonly #options: SecretStorageOptions;
  readonly #listeners = new Set<() => void>();
  readonly #stopping = new AbortController();
  #found: StoredRoots | null = null;

  constructor(options: SecretStorageOptions) {
    this.#options = options;
    options.informer.subscribe(({ after }) => {
      this.#found =
        after === undefined
          ? null
          : {
              certificates: secretText(after, KEY.certificates),
              keys: secretText(after, KEY.keys),
              version: after.resourceVersion,
            };
      this.settled();
    });
  }

  get current(): StoredRoots | null | undefined {
    return this.#options.informer.isSettled ? this.#found : undefined;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For whoever made the informer: it may be that there is no Secret, and now that is known. */
  settled(): void {
    for (const listener of this.#listeners) listener();
  }

  async start(): Promise<void> {
    this.#options.informer.start();
  }

  async write({ certificates, keys }: RootTexts, over: StoredRoots | null): Promise<void> {
    const { client, namespace } = this.#options;
    const { signal } = this.#stopping;
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      type: "Opaque",
      metadata: {
        ...{ namespace, name: CA_SECRET, labels: { [PART_OF]: PART_OF_VALUE } },
        ...(over === null ? {} : { resourceVersion: over.version }),
      },
      data: encodeSecretData({ [KEY.certificates]: certificates, [KEY.keys]: keys }),
    };
    if (over === null) await client.create(namespacePath(SECRETS, namespace), secret, signal);
    else {
      const path = objectPath(SECRETS, { namespace, name: CA_SECRET });
      await client.apply(path, secret, FIELD_MANAGER, signal);
    }
  }

  async stop(): Promise<void> {
    this.#listeners.clear();
    this.#stopping.abort();
    await this.#options.informer.stop();
  }
}
