/** What is read of a `discovery.k8s.io/v1` EndpointSlice, which has no `spec`. */
import { type Static, Type } from "typebox";
import { ZONE_HINTS_MAX } from "../../mesh/endpoint-set.ts";
import { closed, count, listOf } from "../schema-parts.ts";

/** Kubernetes' own bounds. */
const ENDPOINTS_MAX = 1000;
const PORTS_MAX = 20_000;
const ADDRESSES_MAX = 100;

const anything = () => Type.Optional(Type.Unknown());
const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));
const flag = () => Type.Optional(Type.Union([Type.Boolean(), Type.Null()]));

const endpoint = closed({
  addresses: listOf(Type.String({ minLength: 1, maxLength: 253 }), ADDRESSES_MAX, "Where it is.", {
    minItems: 1,
  }),
  conditions: Type.Optional(closed({ ready: flag(), serving: flag(), terminating: flag() })),
  hostname: text(63),
  nodeName: text(253),
  zone: text(253),
  targetRef: Type.Optional(
    closed({
      apiVersion: anything(),
      fieldPath: anything(),
      kind: anything(),
      name: anything(),
      namespace: anything(),
      resourceVersion: anything(),
      uid: text(128),
    }),
  ),
  hints: Type.Optional(
    closed({
      forZones: Type.Optional(
        listOf(
          closed({ name: Type.String({ minLength: 1, maxLength: 253 }) }),
          ZONE_HINTS_MAX,
          "Zones whose callers should go there.",
        ),
      ),
      forNodes: anything(),
    }),
  ),
  deprecatedTopology: anything(),
});

const slicePort = closed({
  name: text(63),
  protocol: Type.Optional(Type.Enum(["TCP", "UDP", "SCTP"])),
  port: Type.Optional(count("The port of every endpoint.", 1, 65_535)),
  appProtocol: text(253),
});

export const endpointSliceBody = closed({
  addressType: Type.Enum(["IPv4", "IPv6", "FQDN"]),
  endpoints: Type.Optional(listOf(endpoint, ENDPOINTS_MAX, "The endpoints.")),
  ports: Type.Optional(listOf(slicePort, PORTS_MAX, "The ports.")),
});

export type EndpointSliceBody = Static<typeof endpointSliceBody>;
