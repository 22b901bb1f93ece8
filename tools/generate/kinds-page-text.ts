/** What the reference of kinds says around its tables. */
export const KINDS_INTRODUCTION = `
# The kinds

Made from the schemas by \`make generate\`. Every field is checked where it is written: \`heddle
lint\` tells an unknown key, a wrong type, a bad duration or an expression that does not compile
with file, line, column and what was probably meant. A field that is accepted and does nothing yet
carries a note, and the object's status the reason \`NotEnforced\`.

Durations are written as in Go: \`300ms\`, \`1m30s\`. Regular expressions have RE2's syntax, and
must match the whole text. Paths are compared as they were received, without the query. Services
are named \`web\`, \`web.shop\`, \`web.shop.svc\` or in full; a bare name means the object's own
namespace, and in backends and mirrors the namespace of the service that is spoken about.

In folders for \`heddle run\` and \`heddle operator\` an object without a namespace is in
\`default\`.
`;

export const KINDS_CLOSING = `
## Kinds of others

| kind | versions | read as |
| --- | --- | --- |
| \`linkerd.io\` ServiceProfile | v1alpha1, v1alpha2 | a ServiceProfile |
| \`split.smi-spec.io\` TrafficSplit | v1alpha1 to v1alpha4 | a TrafficSplit |
| \`specs.smi-spec.io\` HTTPRouteGroup | v1alpha1 to v1alpha4 | the matches of such a split |
| \`v1\` Service | v1 | a service and its ports |
| \`discovery.k8s.io\` EndpointSlice | v1 | where a service's endpoints are |

A \`List\` is unwrapped. Every other kind is named once and left alone.

What they mean here is what their documents say, also where programs fall short of them:

- **Linkerd.** Fields side by side in a condition must all hold. \`pathRegex\` gets a \`^\` and a
  \`$\` at its two ends where they are missing; alternatives outside of brackets are therefore
  anchored at the outer ends only, which is warned of. One bound alone in a status range is that
  one status. A timeout that does not parse, a budget out of range (\`ttl\` of 1s to 60s, ratio up
  to 1000) or an expression that does not compile is an error, where Linkerd ignores it. The
  object's name is the service's full name.
  \`isRetryable\` repeats what the route counts as a failure, whatever the method, as the budget
  allows; here ten times at most, with pauses, and a reset before the answer counts as a failure
  too. \`opaquePorts\` does nothing, there as here.
- **SMI.** Weights are quantities in v1alpha1 (\`500m\`) and whole numbers later. When all are
  zero, traffic goes to the service itself. \`pathRegex\` is anchored at the beginning of the path
  only; the expression of a header must match its whole value. The groups that a split names are in
  its own namespace; while one is missing, the split takes no traffic.
- **Service of type ExternalName.** Its one endpoint is the host that it names, which a proxy looks
  up by DNS whenever it opens a connection. It is served on the ports that it lists, each mapped to
  its \`targetPort\` where that is a number; without ports it is not served. \`Host\` stays what
  the caller wrote; a route's \`rewrite\` can change it. It has no address of its own, and so
  exists for callers who name it alone: a redirected connection goes to where DNS led the caller.
- **EndpointSlice.** Readiness that is not told counts as ready. An endpoint that terminates and
  still serves is used only when nothing better is left. Ports of UDP and SCTP are left out, and
  slices of FQDN are refused. The label \`heddle.mesh/proxied: "true"\` says that a proxy of Heddle
  stands in front of every endpoint of the slice: what it says of requests that its application
  never saw is then believed.

## When several objects speak about the same

Of each group of fields (routes, retry budget, backends, balancing, circuit breaking, discovery,
concurrency, opaque ports, retries) one object decides:

1. an object in the client's own namespace, for the clients of that namespace;
2. for backends a profile's \`dstOverrides\` before a split; for the retry budget a policy before a
   profile;
3. \`heddle.mesh\` before \`linkerd.io\` before SMI;
4. the older one; in files the one whose path, then place in the file, comes first;
5. namespace and name.

The others carry the condition \`Conflicted\` with the winner's name, and are errors to
\`heddle lint\`. That a client's namespace has its own is no conflict: it is noted. Two splits of
which one has \`matches\` do not meet: it takes what matches, and the other takes the rest.

### Retries

Each route has one policy, made of all that speaks of it; \`heddle explain\` shows it, and whose it
is:

1. a RetryPolicy that names the route, then one for all routes, those of the client's namespace
   first. It decides the number of tries, pauses, time limits, methods and hedging;
2. what is worth another try is what its \`retryOn\` says. Without a \`retryOn\`, a route with
   \`isRetryable\` repeats what its \`responseClasses\` call a failure (statuses from 500 if it has
   none), resets, and tries that took too long; any other route only what was never sent;
3. \`isRetryable\` also says that repeating does no harm: such a route is repeated whatever the
   method, also where a policy covers it;
4. without a policy a route with \`isRetryable\` repeats its failures by itself; every other one
   tries once more what was never sent.

The budget is one for the whole service: a policy's before a profile's.

### Settings of backends

How endpoints are used (\`loadBalancer\`, \`circuitBreaker\`, \`discovery\`) belongs to who serves.
Each backend of a split, and each mirror, takes each of these groups from the profile of its own
service, and where that says nothing, from the profile of the service that was called. Timeouts,
retries, \`concurrency\` and all that routes say belong to the service that was called.

### What is spoken on a port

Told to proxies with the addresses of the service and of its endpoints. The first that says
something counts:

1. \`opaquePorts\` of a profile, and where no profile has that field, the annotation
   \`config.linkerd.io/opaque-ports\` of the Service (ports, ranges, names of its ports): opaque;
2. \`appProtocol\` of the Service's port. \`http\` and \`kubernetes.io/ws\` are HTTP/1.1;
   \`h2c\`, \`http2\`, \`grpc\` and \`kubernetes.io/h2c\` HTTP/2; \`tcp\`,
   \`heddle.mesh/opaque\`, \`linkerd.io/opaque\`, \`linkerd.io/tcp\` and names such as
   \`mysql\`, \`redis\`, \`kafka\`, \`smtp\` are opaque. Any other leaves it to the first bytes;
3. where there is no \`appProtocol\`, the name of the port, as a whole or up to its first dash:
   \`tcp\`, \`tcp-echo\`, \`mysql\` and the like are opaque. Names never say more: servers of
   HTTP/2 and of TLS stand behind ports named \`http\` as well, and the first bytes tell;
4. the first bytes.

The \`appProtocol\` of an EndpointSlice goes before that of the Service for callers who dial its
endpoints by their own addresses, unless the port is opaque.

Two Services with the same ClusterIP and port, which only files can have, contend for it: the first
by the order above is found there, and the other carries \`Conflicted\`.

### What is too large

Routes and splits with \`matches\` multiply: each route is written once for each such split. Beyond
10,000 rules or 200,000 conditions for one service a split takes no traffic, and says so with the
reason \`TooLarge\`; \`heddle lint\` tells it as an error.
`;
