/**
 * What is read of a core `v1` Service. Fields that mean nothing to the mesh are named all the
 * same, so that a misspelt one is told from one that Kubernetes knows.
 */
import { type Static, Type } from "typebox";
import { closed, count, listOf } from "../schema-parts.ts";

const PORTS_MAX = 250;
const anything = () => Type.Optional(Type.Unknown());
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

const servicePort = closed({
  name: text(63),
  protocol: Type.Optional(Type.Enum(["TCP", "UDP", "SCTP"])),
  appProtocol: text(253),
  port: count("The port that callers use.", 1, 65_535),
  targetPort: Type.Optional(
    Type.Unsafe<number | string>({
      "x-kubernetes-int-or-string": true,
      maxLength: 63,
      pattern: "^[0-9]*[A-Za-z0-9-]*$",
      meaning: "a port's number or name",
    }),
  ),
  nodePort: anything(),
});

export const serviceSpec = closed({
  ports: Type.Optional(listOf(servicePort, PORTS_MAX, "The ports.")),
  clusterIP: text(45),
  clusterIPs: Type.Optional(
    listOf(Type.String({ maxLength: 45 }), 2, "The addresses in the cluster."),
  ),
  type: Type.Optional(Type.Enum(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"])),
  externalName: text(253),
  selector: anything(),
  externalIPs: anything(),
  sessionAffinity: anything(),
  sessionAffinityConfig: anything(),
  loadBalancerIP: anything(),
  loadBalancerSourceRanges: anything(),
  loadBalancerClass: anything(),
  externalTrafficPolicy: anything(),
  internalTrafficPolicy: text(64),
  healthCheckNodePort: anything(),
  publishNotReadyAddresses: anything(),
  ipFamilies: Type.Optional(
    listOf(Type.Enum(["IPv4", "IPv6"]), 2, "The families of its addresses, the first counts."),
  ),
  ipFamilyPolicy: anything(),
  allocateLoadBalancerNodePorts: anything(),
  trafficDistribution: text(64),
});

export type ServiceSpec = Static<typeof serviceSpec>;
