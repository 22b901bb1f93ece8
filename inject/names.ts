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

/** Where Heddle's own programs run, unless another namespace was chosen. */
export const MESH_NAMESPACE = "heddle";

/** On everything that belongs to an installation; by it upgrade and uninstall find it again. */
export const PART_OF = `${PREFIX}part-of`;
export const PART_OF_VALUE = "heddle";

/** Deployment, Service and ServiceAccount of each program have one name. */
export const OPERATOR = "heddle-operator";
export const OPERATOR_CONTROL_PORT = 4190;
export const OPERATOR_ADMIN_PORT = 4192;
export const WEBHOOK = "heddle-webhook";
export const WEBHOOK_PORT = 4193;
export const WEBHOOK_ADMIN_PORT = 4194;
/** That of the Service before the webhook. */
export const WEBHOOK_SERVICE_PORT = 443;

/** In the mesh's namespace: the operator's own authority. Its keys: `ca.crt`, `ca.key`. */
export const CA_SECRET = "heddle-ca";
/** What the webhook shows: `tls.crt`, `tls.key`, `ca.crt`. */
export const WEBHOOK_TLS_SECRET = "heddle-webhook-tls";

/** The two webhook configurations, and their entries. */
export const INJECTOR = "heddle-injector";
export const LABELLED_ENTRY = "labelled.inject.heddle.mesh";
export const ANNOTATED_ENTRY = "annotated.inject.heddle.mesh";
export const VALIDATOR = "heddle-validator";
export const VALIDATE_ENTRY = "validate.heddle.mesh";

/** Of the operators' Lease, an annotation: where the one that leads listens for the others. */
export const CONTROL_ADDRESS = `${PREFIX}control-address`;

/** A label, `true` on every ControllerRevision that holds what was accepted last of an object. */
export const LAST_ACCEPTED = `${PREFIX}last-accepted`;
