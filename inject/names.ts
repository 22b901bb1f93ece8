/** What injection puts into a pod is known by these names, and taken out again by them. */

/** Of all annotations and labels. */
export const PREFIX = "heddle.mesh/";

/** `enabled` or `disabled`, on a pod or a namespace. */
export const INJECT = `${PREFIX}inject`;

/** The version of Heddle whose containers these are. */
export const PROXY_VERSION = `${PREFIX}proxy-version`;

/** Tells of what the containers were made, so that they are only replaced when that changes. */
export const INJECTION = `${PREFIX}injection`;

/**
 * A label by which selectors find the pods of the mesh. Its value is the mode: only where it is
 * `transparent` does the proxy stand before the application as well.
 */
export const PROXIED = `${PREFIX}proxied`;

/** Labels that name who owns the pod, for metrics. */
export const WORKLOAD = `${PREFIX}workload`;
export const WORKLOAD_KIND = `${PREFIX}workload-kind`;

export const OWN_LABELS: readonly string[] = [PROXIED, WORKLOAD, WORKLOAD_KIND];
export const OWN_ANNOTATIONS: readonly string[] = [PROXY_VERSION, INJECTION];

/** Sets the redirect rules, and ends. */
export const INIT_CONTAINER = "heddle-init";
export const PROXY_CONTAINER = "heddle-proxy";
export const OWN_CONTAINERS: readonly string[] = [INIT_CONTAINER, PROXY_CONTAINER];

/** The token that the operator knows the pod by, and whom the proxy believes to be the operator. */
export const CONTROL_VOLUME = "heddle-control";
/** Keys, which never touch a disk. */
export const IDENTITY_VOLUME = "heddle-identity";
/** What the operator said last, which survives the proxy's container and not the pod. */
export const STATE_VOLUME = "heddle-state";
/** iptables locks a file in `/run`, and the container's own file system is read-only. */
export const RUN_VOLUME = "heddle-run";
export const OWN_VOLUMES: readonly string[] = [
  CONTROL_VOLUME,
  IDENTITY_VOLUME,
  STATE_VOLUME,
  RUN_VOLUME,
];

/** Whom tokens in the control volume are for. */
export const TOKEN_AUDIENCE = "heddle";

/** Kept by the operator in every namespace of the mesh; its key `ca.crt` is the certificate. */
export const CA_CONFIG_MAP = "heddle-ca";
