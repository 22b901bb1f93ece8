/**
 * What the programs may do in a cluster, rule by rule with its reason, and nothing else: tests run
 * them under exactly these rules, and fail for a request that is refused as well as for a rule
 * that no request needs.
 */
import {
  CA_CONFIG_MAP,
  CA_SECRET,
  INJECTOR,
  OPERATOR,
  VALIDATOR,
  WEBHOOK,
  WEBHOOK_TLS_SECRET,
} from "../inject/names.ts";
import type { Fields } from "../inject/pod.ts";

export interface Rule {
  readonly apiGroup: string;
  readonly resources: readonly string[];
  /** All objects, unless there are some. */
  readonly names?: readonly string[];
  readonly verbs: readonly string[];
  /** For whoever reviews it. Stands in no object. */
  readonly why: string;
}

/** What one program may do. */
export interface Rights {
  /** Of the ServiceAccount, and of the roles and bindings. */
  readonly program: string;
  readonly everywhere: readonly Rule[];
  readonly inOwnNamespace: readonly Rule[];
}

export interface RbacOptions {
  /** Where the programs run. */
  readonly namespace: string;
  /** The operator makes the webhook's certificate, and tells the API server of it. */
  readonly ownCertificates: boolean;
}

/** Secrets and configurations of known names are followed by a watch that names them. */
const FOLLOW = ["list", "watch"];
/** Server-side apply is a patch, and also makes what is not there. */
const APPLY = ["create", "patch"];

const OWN_KINDS = ["retrypolicies", "serviceprofiles", "trafficsplits"];

export function operatorRights({ ownCertificates }: RbacOptions): Rights {
  return {
    program: OPERATOR,
    everywhere: [...operatorReads(), ...operatorWrites(), ...(ownCertificates ? CA_BUNDLES : [])],
    inOwnNamespace: [
      ...LEASE,
      {
        apiGroup: "",
        resources: ["secrets"],
        names: [CA_SECRET, ...(ownCertificates ? [WEBHOOK_TLS_SECRET] : [])],
        verbs: [...FOLLOW, ...APPLY],
        why: "the authority's key and certificates, and what the webhook shows",
      },
      {
        apiGroup: "",
        resources: ["secrets"],
        // The authority's is made by POST, which fails where another replica was faster.
        verbs: ["create"],
        why: "the authority's key is made once and never over another",
      },
    ],
  };
}

function operatorReads(): readonly Rule[] {
  const follow = (apiGroup: string, resources: readonly string[], why: string): Rule => ({
    ...{ apiGroup, resources, verbs: FOLLOW, why },
  });
  return [
    follow("", ["namespaces", "nodes", "pods", "services"], "what the mesh consists of"),
    follow("discovery.k8s.io", ["endpointslices"], "where services are served"),
    follow("heddle.mesh", OWN_KINDS, "what is wanted of the mesh"),
    follow("linkerd.io", ["serviceprofiles"], "read where it is installed"),
    follow("split.smi-spec.io", ["trafficsplits"], "read where it is installed"),
    follow("specs.smi-spec.io", ["httproutegroups"], "read where it is installed"),
  ];
}

function operatorWrites(): readonly Rule[] {
  return [
    {
      apiGroup: "heddle.mesh",
      resources: OWN_KINDS.map((plural) => `${plural}/status`),
      verbs: ["patch"],
      why: "what became of them",
    },
    {
      apiGroup: "apps",
      resources: ["controllerrevisions"],
      verbs: [...FOLLOW, "create", "delete"],
      why: "the last accepted versions of objects",
    },
    {
      apiGroup: "events.k8s.io",
      resources: ["events"],
      verbs: APPLY,
      why: "what people should see at their objects",
    },
    {
      apiGroup: "authentication.k8s.io",
      resources: ["tokenreviews"],
      verbs: ["create"],
      why: "who a proxy is",
    },
    {
      apiGroup: "",
      resources: ["configmaps"],
      names: [CA_CONFIG_MAP],
      verbs: [...FOLLOW, ...APPLY, "delete"],
      why: "by what proxies know the operator, in each namespace of the mesh",
    },
  ];
}

const CA_BUNDLES: readonly Rule[] = [
  {
    apiGroup: "admissionregistration.k8s.io",
    resources: ["mutatingwebhookconfigurations"],
    names: [INJECTOR],
    verbs: [...FOLLOW, "patch"],
    why: "by what the API server knows the webhook",
  },
  {
    apiGroup: "admissionregistration.k8s.io",
    resources: ["validatingwebhookconfigurations"],
    names: [VALIDATOR],
    verbs: [...FOLLOW, "patch"],
    why: "by what the API server knows the webhook",
  },
];

const LEASE: readonly Rule[] = [
  {
    apiGroup: "coordination.k8s.io",
    resources: ["leases"],
    names: [OPERATOR],
    verbs: ["get", "update"],
    why: "which replica writes",
  },
  {
    apiGroup: "coordination.k8s.io",
    resources: ["leases"],
    // What is made by POST has no name yet, as far as rights are concerned.
    verbs: ["create"],
    why: "the first replica makes it",
  },
];

export function webhookRights(): Rights {
  return {
    program: WEBHOOK,
    everywhere: [
      {
        apiGroup: "",
        resources: ["namespaces"],
        verbs: ["get", ...FOLLOW],
        why: "whether pods there are to be injected",
      },
      {
        apiGroup: "apps",
        resources: ["replicasets"],
        verbs: ["get"],
        why: "the Deployment that a pod belongs to",
      },
      {
        apiGroup: "batch",
        resources: ["jobs"],
        verbs: ["get"],
        why: "the CronJob that a pod belongs to",
      },
      {
        apiGroup: "events.k8s.io",
        resources: ["events"],
        verbs: APPLY,
        why: "why a pod was not injected",
      },
      {
        apiGroup: "heddle.mesh",
        resources: OWN_KINDS,
        verbs: FOLLOW,
        why: "the objects beside which a new one will stand",
      },
      {
        apiGroup: "",
        resources: ["services"],
        verbs: FOLLOW,
        why: "whether what objects name is there",
      },
    ],
    inOwnNamespace: [
      {
        apiGroup: "",
        resources: ["secrets"],
        names: [WEBHOOK_TLS_SECRET],
        verbs: FOLLOW,
        why: "what it shows to the API server",
      },
    ],
  };
}

/** The roles and bindings of both programs, and what the roles of a cluster's users gain. */
export function rbacObjects(options: RbacOptions): readonly Fields[] {
  return [
    ...programRoles(operatorRights(options), options.namespace),
    ...programRoles(webhookRights(), options.namespace),
    userRole("heddle-view", ["admin", "edit", "view"], ["get", "list", "watch"]),
    userRole("heddle-edit", ["admin", "edit"], ["create", "delete", "patch", "update"]),
  ];
}

const RBAC_VERSION = "rbac.authorization.k8s.io/v1";

function programRoles(rights: Rights, namespace: string): readonly Fields[] {
  const { program: name, everywhere, inOwnNamespace } = rights;
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const roleRef = (kind: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
  const place = { name, namespace };
  return [
    rbac("ClusterRole", { name }, { rules: everywhere.map(policyRule) }),
    rbac("ClusterRoleBinding", { name }, { roleRef: roleRef("ClusterRole"), subjects }),
    rbac("Role", place, { rules: inOwnNamespace.map(policyRule) }),
    rbac("RoleBinding", place, { roleRef: roleRef("Role"), subjects }),
  ];
}

/** Whoever may view or edit a namespace may do so with the mesh's kinds in it. */
function userRole(name: string, into: readonly string[], verbs: readonly string[]): Fields {
  const label = (role: string) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, "true"];
  const labels = Object.fromEntries(into.map(label));
  const rules = [{ apiGroups: ["heddle.mesh"], resources: OWN_KINDS, verbs }];
  return rbac("ClusterRole", { name, labels }, { rules });
}

function rbac(kind: string, metadata: Fields, rest: Fields): Fields {
  return { apiVersion: RBAC_VERSION, kind, metadata, ...rest };
}

function policyRule({ apiGroup, resources, names, verbs }: Rule): Fields {
  return {
    apiGroups: [apiGroup],
    resources,
    ...(names === undefined ? {} : { resourceNames: names }),
    verbs,
  };
}
