import { describe, expect, it } from "vitest";
import { formatProblem } from "../mesh/problem.ts";
import { lintFiles } from "./lint.ts";

function lint(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, index) => ({
    file: `${"abc"[index]}.yaml`,
    bytes: new TextEncoder().encode(text),
  }));
  return lintFiles(files).map(formatProblem);
}

const service = (name: string, port = 80) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {ports: [{port: ${port}}]}\n---\n`;

const profile = (name: string, spec: string, head = "heddle.mesh/v1alpha1", namespace = "shop") =>
  `apiVersion: ${head}\nkind: ServiceProfile\nmetadata: {name: ${name}, namespace: ${namespace}}\nspec:\n${spec}---\n`;

const split = (name: string, spec: string) =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: TrafficSplit\nmetadata: {name: ${name}, namespace: shop}\nspec:\n${spec}---\n`;

const policy = (name: string, spec: string) =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: RetryPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec:\n${spec}---\n`;

const ROUTES = "  routes: [{name: a, condition: {method: GET}}]\n";
const BACKENDS = "  backends: [{service: web-v1, weight: 1}]\n";

describe("lint", () => {
  it("finds nothing wrong with what is right", () => {
    expect(
      lint(
        service("web") + service("web-v1"),
        profile("web", `  service: web\n${ROUTES}`),
        split("web", `  service: web\n${BACKENDS}`),
      ),
    ).toEqual([]);
  });

  it("two profiles with routes for one service", () => {
    expect(
      lint(
        profile("one", `  service: web\n${ROUTES}`),
        profile("two", `  service: web.shop\n${ROUTES}`),
      ),
    ).toEqual([
      "b.yaml:6:3: error: ServiceProfile shop/two: spec.routes: ServiceProfile shop/one " +
        "(a.yaml:1) decides the routes of shop/web already (join them into one object, " +
        "or take one of the two away)",
    ]);
  });

  it("splits of services that other splits send traffic to", () => {
    const to = (apex: string, backend: string) =>
      split(apex, `  service: ${apex}\n  backends: [{service: ${backend}, weight: 1}]\n`);
    const services = service("web") + service("books");
    expect(lint(services + to("web", "web") + to("books", "books"))).toEqual([]);
    expect(lint(services, to("web", "books"), to("books", "web"))).toEqual([
      "b.yaml:6:15: note: TrafficSplit shop/web: spec.backends[0].service: splits do not nest: " +
        "TrafficSplit shop/books counts for those who call shop/books itself, and not for this " +
        "share",
      expect.stringContaining("TrafficSplit shop/web counts for those who call shop/web itself"),
    ]);
  });

  it("profiles that speak about different things do not meet", () => {
    const balancer = "  service: web\n  loadBalancer: {policy: peak-ewma}\n";
    expect(lint(profile("one", `  service: web\n${ROUTES}`) + profile("two", balancer))).toEqual(
      [],
    );
  });

  it("our own kind wins over Linkerd's, wherever it stands", () => {
    const linkerds = profile("web.shop.svc.cluster.local", ROUTES, "linkerd.io/v1alpha2");
    const [found, ...more] = lint(linkerds, profile("own", `  service: web\n${ROUTES}`));
    expect(more).toEqual([]);
    expect(found).toContain("a.yaml:5:3: error: ServiceProfile shop/web.shop.svc.cluster.local");
    expect(found).toContain("ServiceProfile shop/own of heddle.mesh (b.yaml:1) decides the routes");
  });

  it("a profile in the clients' namespace is intent, and noted", () => {
    const theirs = profile("web", `  service: web.shop\n${ROUTES}`, undefined, "client");
    const found = lint(profile("web", `  service: web\n${ROUTES}`), theirs);
    expect(found).toEqual([
      "a.yaml:6:3: note: ServiceProfile shop/web: spec.routes: clients of namespace client take " +
        "the routes of shop/web from ServiceProfile client/web (b.yaml:1) instead",
    ]);
  });

  it("two splits of one service, unless matches tell them apart", () => {
    const all = split("all", `  service: web\n${BACKENDS}`);
    const some = split("some", `  service: web\n${BACKENDS}  matches: [{headers: [{name: x}]}]\n`);
    expect(lint(all, some)).toEqual([]);
    expect(lint(all, all.replace("name: all", "name: too"))[0]).toContain(
      "TrafficSplit shop/too: spec.service: TrafficSplit shop/all (a.yaml:1) decides the traffic",
    );
    expect(lint(some, some.replace("name: some", "name: too"))).toHaveLength(1);
  });

  it("overrides of a profile beat every split, also one with matches", () => {
    const overrides = profile(
      "web",
      "  service: web\n  dstOverrides: [{authority: web-v1, weight: 1}]\n",
    );
    const some = split("some", `  service: web\n${BACKENDS}  matches: [{headers: [{name: x}]}]\n`);
    const found = lint(some, overrides);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("a.yaml:5:3: error: TrafficSplit shop/some: spec.service: ");
    const other = overrides.replace("name: web,", "name: two,");
    expect(lint(some, overrides, other)).toHaveLength(2);
  });

  it("two policies for the same routes", () => {
    const one = policy("one", "  targetRef: {kind: Service, name: web, routes: [a]}\n");
    const rest = policy("rest", "  targetRef: {kind: Service, name: web}\n");
    expect(lint(one, rest)).toEqual([]);
    const found = lint(one, one.replace("name: one", "name: two"));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(
      'RetryPolicy shop/one (a.yaml:1) decides the retrying of route "a" of shop/web already',
    );
  });

  it("the same object twice", () => {
    const found = lint(service("web") + service("web", 81));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(
      "a.yaml:8:12: error: Service shop/web: metadata.name: is the same object as the one at line 1",
    );
  });

  it("names that lead nowhere, when services are there at all", () => {
    const web = split("web", "  service: web\n  backends: [{service: web-v2, weight: 1}]\n");
    expect(lint(web)).toEqual([]);
    expect(lint(service("web") + service("web-v1"), web)).toEqual([
      "b.yaml:6:15: warning: TrafficSplit shop/web: spec.backends[0].service: there is no " +
        "service shop/web-v2 (did you mean shop/web-v1?)",
    ]);
    expect(lint(service("web") + service("web-v2", 8080), web)[0]).toContain(
      "shop/web-v2 has no port 80, and gets no traffic for it (its ports: 8080)",
    );
    const lost = policy("p", "  targetRef: {kind: Service, name: web, routes: [b]}\n");
    expect(lint(profile("web", `  service: web\n${ROUTES}`), lost)[0]).toContain(
      'warning: RetryPolicy shop/p: spec.targetRef.routes[0]: no profile of shop/web has a route "b"',
    );
  });

  it("a split whose group of matches is missing", () => {
    const found = lint(`apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: ab, namespace: shop}
spec:
  service: web
  backends: [{service: web-v1, weight: 1}]
  matches:
    - kind: HTTPRouteGroup
      name: beta
`);
    expect(found).toEqual([
      "a.yaml:9:7: warning: TrafficSplit shop/ab: spec.matches[0].name: there is no " +
        "HTTPRouteGroup shop/beta; until it does, the split takes no traffic",
    ]);
  });

  it("a slice whose port has another name than the service's", () => {
    const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 80}]
endpoints: [{addresses: [10.0.0.1]}]
`;
    expect(lint(service("web"), slice)[0]).toContain(
      'warning: EndpointSlice shop/web-1: ports[0]: shop/web has no port named "http" (its ports: one without a name)',
    );
  });

  it("notes each field that nothing acts on yet", () => {
    const name = "web.shop.svc.cluster.local";
    const linkerds = profile(name, "  opaquePorts: [3306]\n", "linkerd.io/v1alpha2");
    expect(lint(linkerds)).toEqual([
      `a.yaml:5:3: note: ServiceProfile shop/${name}: spec.opaquePorts: is accepted, and not enforced yet`,
    ]);
    expect(lint(profile("web", "  service: web\n  opaquePorts: [3306]\n"))).toEqual([]);
  });

  it("tells of a split that is too much beside the routes of a profile", () => {
    const paths = (count: number, of: string) =>
      Array.from({ length: count }, (_, index) => `{path: /${of}/${index}}`).join(", ");
    const routes = Array.from(
      { length: 700 },
      (_, index) => `    - {name: r${index}, condition: {any: [${paths(16, `r${index}`)}]}}\n`,
    );
    const nested = Array.from({ length: 16 }, (_, index) => `{any: [${paths(16, `s${index}`)}]}`);
    const matches = `  matches: [{any: [${nested.join(", ")}]}]\n`;
    const few = "  matches: [{path: /few}]\n";
    const found = lint(
      profile("web", `  service: web\n  routes:\n${routes.join("")}`),
      split("much", `  service: web\n${matches}${BACKENDS}`),
      split("few", `  service: web\n${few}${BACKENDS}`),
    );
    expect(found).toEqual([
      "b.yaml:6:3: error: TrafficSplit shop/much: spec.matches: would make with the routes of " +
        "ServiceProfile shop/web rules of 215874 conditions, and a proxy takes 200000: the split " +
        "takes no traffic (write alternatives as one expression, or split by fewer of them)",
    ]);
  });

  it("tells of mirrors that nothing stands behind", () => {
    const route = "{name: a, condition: {method: GET}, mirror: {service: drak, share: 1}}";
    const found = lint(
      service("web") + service("dark"),
      profile("web", `  service: web\n  routes: [${route}]\n`),
    );
    expect(found).toEqual([
      "b.yaml:6:57: warning: ServiceProfile shop/web: spec.routes[0].mirror.service: " +
        "there is no service shop/drak (did you mean shop/dark?)",
    ]);
  });

  it("notes expressions that are tried in order", () => {
    const of = (regex: string) =>
      lint(
        profile(
          "web",
          `  service: web\n  routes: [{name: a, condition: {pathRegex: '${regex}'}}]\n`,
        ),
      );
    expect(of("/books/[^/]*")).toEqual([]);
    expect(of("/(a|b)/[^/]+/c")).toEqual([]);
    expect(of("/.*/c/.*x")[0]).toContain(
      "note: ServiceProfile shop/web: spec.routes[0].condition.pathRegex",
    );
  });

  it("each kind that is not ours once, over all files", () => {
    const other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n";
    expect(lint(other, other)).toHaveLength(1);
  });
});
