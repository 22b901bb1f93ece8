/** What a proxy answers about connections that were redirected on their way to an address. */
import type { ExplainedAddress, Explanation } from "../../../mesh/explain.ts";
import type { AddressesAnswer } from "../../../mesh/operator-api.ts";
import { formatServiceKey } from "../../../mesh/service-key.ts";
import { EXPLANATION } from "./sample-mesh.ts";

const WEB = formatServiceKey({ scheme: "svc", namespace: "shop", name: "web", port: 80 });

const AT_SERVICE: ExplainedAddress = {
  address: "10.96.0.1:80",
  state: "service",
  service: WEB,
  protocol: "detect",
  endpoint: null,
  ageMs: 61_000,
  problem: "",
};

export const REQUEST_AT_SERVICE: Explanation = {
  ...EXPLANATION,
  address: AT_SERVICE,
  namesTried: [WEB],
};

/** No request is known, and so no policy of requests. */
export const CONNECTION_TO_SERVICE: Explanation = {
  ...REQUEST_AT_SERVICE,
  request: { method: "", authority: "10.96.0.1:80", path: "" },
  address: { ...AT_SERVICE, protocol: "opaque", problem: "requires: this proxy lacks sorcery" },
  rules: [{ index: 0, route: "", object: null, matched: true, failed: "" }],
  policy: null,
};

const PLACE = { zone: "a", node: "node-1" };

export const ADDRESSES: AddressesAnswer = {
  addresses: [
    {
      ...{ address: "10.96.0.1:80", kind: "service", service: WEB, protocol: "http1" },
      ...{ state: null, zone: "", node: "" },
    },
    {
      ...{ address: "10.0.0.1:8080", kind: "endpoint", service: WEB, protocol: "http1" },
      ...{ state: "ready", ...PLACE },
    },
    {
      ...{ address: "[fd00::7]:8080", kind: "endpoint", service: WEB, protocol: "detect" },
      ...{ state: "not-ready", ...PLACE },
    },
  ],
  total: 3,
};

export const ONE_ADDRESS: AddressesAnswer = {
  addresses: ADDRESSES.addresses.slice(0, 1),
  total: 1,
};

const ALONE = { destination: null, rules: [], split: null, policy: null } as const;

export const CONNECTION_TO_ENDPOINT: Explanation = {
  ...ALONE,
  request: { method: "", authority: "[fd00::7]:8080", path: "" },
  address: {
    ...AT_SERVICE,
    address: "[fd00::7]:8080",
    state: "endpoint",
    protocol: "http1",
    endpoint: { id: "[fd00::7]:8080/u-1", state: "not-ready" },
  },
  namesTried: [WEB],
  service: WEB,
};

export const CONNECTION_ELSEWHERE: Explanation = {
  ...ALONE,
  request: { method: "", authority: "192.0.2.7:443", path: "" },
  address: { ...AT_SERVICE, address: "192.0.2.7:443", state: "unknown", service: null, ageMs: 0 },
  namesTried: [],
  service: null,
};

export const CONNECTION_UNANSWERED: Explanation = {
  ...CONNECTION_ELSEWHERE,
  address: { ...AT_SERVICE, address: "192.0.2.7:443", state: "pending", service: null, ageMs: 0 },
};
