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
namespace, and in the backends of a split the namespace of the service that is split.

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
- **SMI.** Weights are quantities in v1alpha1 (\`500m\`) and whole numbers later. When all are
  zero, traffic goes to the service itself. \`pathRegex\` is anchored at the beginning of the path
  only; the expression of a header must match its whole value. The groups that a split names are in
  its own namespace; while one is missing, the split takes no traffic.
- **EndpointSlice.** Readiness that is not told counts as ready. An endpoint that terminates and
  still serves is used only when nothing better is left. Ports of UDP and SCTP are left out, and
  slices of FQDN are refused.

## When several objects speak about the same

Of each group of fields (routes, retry budget, backends, balancing, retries) one object decides:

1. an object in the client's own namespace, for the clients of that namespace;
2. for backends a profile's \`dstOverrides\` before a split; for the retry budget a policy before a
   profile;
3. \`heddle.mesh\` before \`linkerd.io\` before SMI;
4. the older one; in files the one whose path, then place in the file, comes first;
5. namespace and name.

The others carry the condition \`Conflicted\` with the winner's name, and are errors to
\`heddle lint\`. That a client's namespace has its own is no conflict: it is noted. Two splits of
which one has \`matches\` do not meet: it takes what matches, and the other takes the rest.
`;
