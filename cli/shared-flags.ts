/** Flags that several verbs have, so that they mean the same everywhere. */
import { MESH_NAMESPACE } from "../inject/names.ts";

export const OPERATOR_ADMIN_DEFAULT = "127.0.0.1:4192";
export const PROXY_ADMIN_DEFAULT = "127.0.0.1:4191";

/**
 * Of verbs that ask an operator, wherever it is: one at the usual address of this machine, or else
 * that of the cluster.
 */
export const operatorFlags = {
  "operator-admin": {
    kind: "address",
    excludes: ["kubeconfig", "context", "mesh-namespace"],
    env: "HEDDLE_OPERATOR_ADMIN",
    help:
      `where the operator answers questions; if absent ${OPERATOR_ADMIN_DEFAULT} where one ` +
      "answers there, and else that of the cluster",
  },
  kubeconfig: {
    kind: "string",
    value: "FILE",
    completes: "files",
    help: "ask the cluster of this file; where absent that of KUBECONFIG or ~/.kube/config",
  },
  context: {
    kind: "string",
    value: "NAME",
    help: "ask the cluster of this context of the kubeconfig, instead of its current one",
  },
  "mesh-namespace": {
    kind: "string",
    value: "NAME",
    default: MESH_NAMESPACE,
    help: "where Heddle is installed in the cluster",
  },
} as const;

/** Of verbs that work on a cluster and nothing else. */
export const clusterFlags = {
  kubeconfig: {
    ...operatorFlags.kubeconfig,
    help: "how to reach the cluster; where absent KUBECONFIG, or else ~/.kube/config",
  },
  context: {
    ...operatorFlags.context,
    help: "the context of the kubeconfig, instead of its current one",
  },
} as const;

/** Of verbs that choose what is installed. */
export const installFlags = {
  ha: { kind: "boolean", help: "for clusters that matter: as --set ha=true" },
  set: {
    kind: "string",
    value: "KEY=VALUE",
    repeatable: true,
    help: '"heddle install --options" lists them',
  },
  values: {
    kind: "string",
    value: "FILE",
    completes: "files",
    help: "options in YAML or JSON; - for standard input; --set goes over it",
  },
  namespace: {
    kind: "string",
    short: "n",
    value: "NAME",
    help: `where Heddle's own programs run; else ${MESH_NAMESPACE}`,
  },
  wait: { kind: "boolean", default: "true", help: "wait until it is ready; --no-wait does not" },
  timeout: { kind: "duration", default: "5m", help: "wait for so long at most" },
} as const;

export const proxyAdminFlag = {
  kind: "address",
  default: PROXY_ADMIN_DEFAULT,
  env: "HEDDLE_ADMIN",
  help: "where the proxy answers questions",
} as const;

/** Of verbs that ask a proxy, wherever it is. */
export const proxyFlags = {
  admin: proxyAdminFlag,
  pod: {
    kind: "string",
    value: "[NAMESPACE/]NAME",
    excludes: ["admin"],
    help: "ask the proxy of this pod of the cluster over a forwarded port, not that at --admin",
  },
  kubeconfig: { ...clusterFlags.kubeconfig, needs: ["pod"] },
  context: { ...clusterFlags.context, needs: ["pod"] },
} as const;

/** Of verbs that print a table. */
export const outputFlag = {
  kind: "enum",
  short: "o",
  values: ["table", "wide", "json", "yaml"],
  default: "table",
  help: "form of the output; json and yaml are for programs and keep their shape",
} as const;

/** Of verbs that print text that is no table. */
export const textOutputFlag = {
  kind: "enum",
  short: "o",
  values: ["text", "json", "yaml"],
  default: "text",
  help: "form of the output; json and yaml are for programs and keep their shape",
} as const;
