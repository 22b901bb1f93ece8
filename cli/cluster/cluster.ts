/**
 * A cluster as verbs see it: some requests to its API server, and failures that already say what to
 * do. The client behind it is loaded when a verb really asks a cluster, and not before.
 */
import { EXIT, ProgramError } from "../../base/program.ts";
import type { KubeObject, KubeResource } from "../../kube/kube-object.ts";
import type { Selection } from "../../kube/selection.ts";
import type { HttpAnswer } from "../api/http.ts";

export interface Cluster {
  /** As the kubeconfig calls it. */
  readonly context: string;
  /** `https://10.96.0.1:6443` */
  readonly server: string;
  /** What the context says; `default` where it says nothing. */
  readonly namespace: string;
  /** All methods throw `ClusterError`, 404 included unless they say otherwise. */
  get(path: string): Promise<unknown>;
  /** Undefined where there is none, or no such kind. */
  find(path: string): Promise<unknown>;
  /** Undefined where the API server does not know the kind. */
  list(resource: KubeResource, selection?: Selection): Promise<readonly KubeObject[] | undefined>;
  create(path: string, object: object): Promise<unknown>;
  /** Server-side apply under the command line's own name. */
  apply(path: string, object: object, options?: { readonly dryRun?: boolean }): Promise<unknown>;
  /** RFC 6902. */
  patch(path: string, patch: readonly object[]): Promise<unknown>;
  /** False where it was gone already. */
  delete(path: string, options?: object): Promise<boolean>;
  /**
   * What a pod answers to a GET, through the API server, which hands on the name that it was asked
   * by itself. With `isLocal` the pod is told `localhost` instead.
   */
  askPod(pod: PodDoor, path: string, isLocal: boolean): Promise<string>;
  /** What a pod answers to a GET of its own machine, over a port that the kubelet forwards. */
  askWithinPod(pod: PodDoor, path: string): Promise<HttpAnswer>;
  close(): void;
}

/** A port of a pod that speaks HTTP. */
export interface PodDoor {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

/** Which cluster is meant; both undefined for the one that `kubectl` would ask. */
export interface ClusterChoice {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** The way to clusters, of which nothing is loaded before it is taken. */
export interface Clusters {
  /** Whether anything on this machine says where one is. */
  isKnown(choice: ClusterChoice): Promise<boolean>;
  /** Throws `ProgramError` when that cannot be read, or is not there. Asks no server yet. */
  connect(choice: ClusterChoice): Promise<Cluster>;
}

/** Whose fields those are that the command line applies. */
export const CLI_FIELD_MANAGER = "heddle";

/** The API server did not do what it was asked. */
export class ClusterError extends ProgramError {
  /** 0 when no answer came. */
  readonly status: number;
  /** The API server's word for it: `Forbidden`. */
  readonly reason: string;
  /** What it said, without what to do about it. */
  readonly detail: string;

  constructor(options: {
    readonly status: number;
    readonly reason: string;
    readonly detail: string;
    readonly advice: string;
    readonly cause: unknown;
  }) {
    const { status, reason, detail, advice, cause } = options;
    const isAway = status === 0 || status === 401 || status >= 500;
    const message = advice === "" ? detail : `${detail}; ${advice}`;
    super(message, isAway ? EXIT.unavailable : EXIT.failed, cause);
    this.status = status;
    this.reason = reason;
    this.detail = detail;
  }
}
