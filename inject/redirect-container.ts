/**
 * The init container that redirects the pod's connections. It alone needs a capability, and it
 * ends before anything else in the pod starts.
 */
import type { InjectOptions } from "./inject-options.ts";
import { INIT_CONTAINER, RUN_VOLUME } from "./names.ts";
import type { Container, Pod } from "./pod.ts";
import { proxyResources } from "./proxy-resources.ts";

export function redirectContainer(pod: Pod, options: InjectOptions): Container {
  const { image, imagePullPolicy } = options;
  return {
    name: INIT_CONTAINER,
    image,
    ...(imagePullPolicy === null ? {} : { imagePullPolicy }),
    command: ["heddle"],
    args: ["init", ...redirectFlags(options)],
    resources: proxyResources(pod, options),
    securityContext: {
      // Where the pod says that nothing in it may be root.
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
      seccompProfile: { type: "RuntimeDefault" },
    },
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [{ name: RUN_VOLUME, mountPath: "/run" }],
  };
}

function redirectFlags(options: InjectOptions): readonly string[] {
  const optional: readonly (readonly [flag: string, value: string | null])[] = [
    ["skip-inbound-ports", options.skipInboundPorts],
    ["skip-outbound-ports", options.skipOutboundPorts],
    ["skip-subnets", options.skipSubnets],
    ["ipv6", options.ipv6 === "auto" ? null : options.ipv6],
  ];
  return [
    `--inbound-port=${options.inboundPort}`,
    `--outbound-port=${options.outboundPort}`,
    `--admin-port=${options.adminPort}`,
    `--uid=${options.proxyUid}`,
    ...optional.flatMap(([flag, value]) => (value === null ? [] : [`--${flag}=${value}`])),
  ];
}
