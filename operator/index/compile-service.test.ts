import { describe, expect, it } from "vitest";
import type { Rule } from "../../mesh/destination.ts";
import type { IntentObject } from "../../mesh/intent.ts";
import type { Match } from "../../mesh/match.ts";
import { DEFAULT_RETRY, DEFAULT_RETRY_BUDGET } from "../../mesh/retry.ts";
import { type ObjectId, objectId } from "../sources/object-source.ts";
import { type CompiledDestination, compileService } from "./compile-service.ts";
import { nothingDirty, ObjectView, type ServiceId } from "./object-view.ts";
import {
  backend,
  everything,
  pathIs,
  policy,
  policyRetry,
  profile,
  route,
  routeGroup,
  service,
  split,
} from "./sample-objects.ts";
import type { Verdict } from "./verdict.ts";

function compile(objects: readonly IntentObject[], of: ServiceId = "shop/web") {
  const view = new ObjectView();
  for (const object of objects) view.replace(objectId(object.ref), object, nothingDirty());
  return compileService(view.inputs(of));
}

function destination(objects: readonly IntentObject[], port = 80): CompiledDestination {
  const found = compile(objects).ports.find(({ key }) => key === `svc/shop/web:${port}`);
  if (found === undefined) throw new Error("no such destination");
  return found.base;
}

function verdict(objects: readonly IntentObject[], of: IntentObject): Verdict {
  const found = compile(objects).verdicts.get(objectId(of.ref) as ObjectId);
  if (found === undefined) throw new Error("no verdict");
  return found;
}

/** `route: match -> backends`, one line for a rule. */
function lines(rules: readonly Rule[]): string[] {
  return rules.map(({ route: name, match, action }) => {
    const to = action.backends.map((b) => `${b.service.split("/")[2]}=${b.weight}`).join(" ");
    return `${name}: ${matchText(match)} -> ${to}`;
  });
}

function matchText(match: Match): string {
  if (match.kind === "path") return match.path;
  if (match.kind === "header") return match.name;
  if (match.kind === "all") return match.of.length === 0 ? "*" : match.of.map(matchText).join("&");
  return match.kind === "any" ? match.of.map(matchText).join("|") : match.kind;
}

const canary: Match = { kind: "header", name: "x-canary", value: { kind: "present" } };
const web = service("web");
const v1 = service("web-v1");
const v2 = service("web-v2");
const ninety = [backend("web-v1", 90), backend("web-v2", 10)];

describe("a service alone", () => {
  it("has one default rule to itself for every port", () => {
    const compiled = compile([service("web", [80, 9090])]);
    expect(compiled.ports.map(({ key }) => key)).toEqual(["svc/shop/web:80", "svc/shop/web:9090"]);
    const body = compiled.ports[1]?.base.body;
    expect(lines(body?.rules ?? [])).toEqual([": * -> web:9090=1"]);
    expect(body?.rules[0]).toMatchObject({ object: -1, action: { splitObject: -1 } });
    expect(body?.endpointSets).toEqual(["svc/shop/web:9090"]);
    expect(body?.budget).toEqual(DEFAULT_RETRY_BUDGET);
    expect(compiled.ports[1]?.base.requires).toEqual(["http1"]);
  });

  it.each([
    ["only", ["http1", "split", "nodes"]],
    ["prefer", ["http1", "split"]],
  ] as const)("says of each backend what its own Service does of nodes: %s", (nodes, requires) => {
    const own = service("web-v1", [80], {}, { nodes });
    const found = destination([web, own, v2, split("s", "web", ninety)]);
    expect(found.body.backends.map((one) => one.nodes)).toEqual([nodes, undefined]);
    expect(found.requires).toEqual(requires);
  });

  it("has no destination when there is no Service, and whoever speaks about it is told", () => {
    const lonely = split("s", "web", ninety);
    expect(compile([lonely]).ports).toEqual([]);
    expect(verdict([lonely, v1, v2], lonely).references).toEqual([
      { reason: "ServiceNotFound", message: "Service shop/web does not exist" },
    ]);
  });
});

describe("splits", () => {
  it("write weights into the default rule", () => {
    const { body, requires } = destination([web, v1, v2, split("s", "web", ninety)]);
    expect(lines(body.rules)).toEqual([": * -> web-v1:80=9 web-v2:80=1"]);
    expect(body.objects.map(({ name }) => name)).toEqual(["s"]);
    expect(body.rules[0]?.action.splitObject).toBe(0);
    expect(body.endpointSets).toEqual(["svc/shop/web-v1:80", "svc/shop/web-v2:80"]);
    expect(requires).toEqual(["http1", "split"]);
  });

  it("send all to the service itself when all weights are zero", () => {
    const zero = split("s", "web", [backend("web-v1", 0), backend("web-v2", 0)]);
    const { body } = destination([web, v1, v2, zero]);
    expect(lines(body.rules)).toEqual([": * -> web:80=1"]);
    expect(body.rules[0]?.action.splitObject).toBe(0);
  });

  it("leave out backends of weight zero, and scale what does not fit", () => {
    const some = [backend("web-v1", 3_000_000), backend("web-v2", 1_500_000), backend("web", 0)];
    const huge = [backend("web-v1", 3_000_001), backend("web-v2", 1)];
    const of = (b: typeof some) =>
      lines(destination([web, v1, v2, split("s", "web", b)]).body.rules);
    expect(of(some)).toEqual([": * -> web-v1:80=2 web-v2:80=1"]);
    expect(of(huge)).toEqual([": * -> web-v1:80=1000000 web-v2:80=1"]);
  });

  it("add up a backend that is named twice, and may name the service itself", () => {
    const twice = [backend("web", 1), backend("web-v1", 1), backend("web", 2)];
    const { body } = destination([web, v1, split("s", "web", twice)]);
    expect(lines(body.rules)).toEqual([": * -> web-v1:80=1 web:80=3"]);
  });

  it("do not nest", () => {
    const inner = split("inner", "web-v1", [backend("web-v2", 1)]);
    const { body } = destination([
      web,
      v1,
      v2,
      inner,
      split("outer", "web", [backend("web-v1", 1)]),
    ]);
    expect(lines(body.rules)).toEqual([": * -> web-v1:80=1"]);
  });

  it("leave out a backend that does not exist and say so", () => {
    const objects = [web, v1, split("s", "web", ninety)];
    expect(lines(destination(objects).body.rules)).toEqual([": * -> web-v1:80=1"]);
    expect(verdict(objects, objects[2] ?? web).references).toEqual([
      {
        reason: "ServiceNotFound",
        message: "spec.backends: Service shop/web-v2 does not exist and is left out",
      },
    ]);
  });

  it("take no traffic when no backend exists", () => {
    const objects = [web, split("s", "web", ninety)];
    const { body } = destination(objects);
    expect(lines(body.rules)).toEqual([": * -> web:80=1"]);
    expect(body.rules[0]?.action.splitObject).toBe(-1);
    expect(verdict(objects, objects[1] ?? web).references[0]?.message).toMatch(/takes no traffic/);
  });

  it("hold on the ports that their backends have", () => {
    const two = service("web", [80, 9090]);
    const s = split("s", "web", ninety);
    const objects = [two, v1, service("web-v2", [80, 9090]), s];
    expect(lines(destination(objects, 80).body.rules)).toEqual([": * -> web-v1:80=9 web-v2:80=1"]);
    expect(lines(destination(objects, 9090).body.rules)).toEqual([": * -> web-v2:9090=1"]);
    expect(verdict(objects, s).references).toMatchObject([{ reason: "PortNotFound" }]);
    expect(verdict([two, v1, v2, s], s).references).toEqual([]);
    expect(lines(destination([two, v1, v2, s], 9090).body.rules)).toEqual([": * -> web:9090=1"]);
  });

  it("may name another port of a backend", () => {
    const objects = [
      web,
      service("web-v1", [8080]),
      split("s", "web", [backend("web-v1", 1, 8080)]),
    ];
    expect(lines(destination(objects).body.rules)).toEqual([": * -> web-v1:8080=1"]);
  });
});

describe("a port", () => {
  const named = (name: string, appProtocol: string) => ({
    ports: [{ name, port: 80, targetPort: 80, appProtocol }],
  });
  const ports = (first: number, last = first) => [{ first, last }];

  it("speaks what the Service says of it", () => {
    const said = (fields: object) => destination([service("web", [80], {}, fields)]).protocol;
    expect(said({})).toBe("detect");
    expect(said(named("web", "http"))).toBe("http1");
    expect(said(named("mysql", ""))).toBe("opaque");
    expect(said({ ...named("mysql", "http"), opaquePorts: ports(81) })).toBe("http1");
    expect(said({ ...named("web", "http"), opaquePorts: ports(79, 81) })).toBe("opaque");
  });

  it("speaks what a profile says of it first, and the profile has a part in that", () => {
    const annotated = service("web", [80, 81], {}, { opaquePorts: ports(80) });
    const own = profile("web", { opaquePorts: ports(81) });
    expect(destination([annotated, own]).protocol).toBe("detect");
    expect(destination([annotated, own], 81).protocol).toBe("opaque");
    expect(destination([annotated, own], 81).objects).toContain(own.ref);
    const none = profile("web", { opaquePorts: [] });
    expect(destination([annotated, none]).protocol).toBe("detect");
    expect(destination([annotated]).protocol).toBe("opaque");
  });

  it("speaks what their own profile says, for the clients of a namespace", () => {
    const theirs = profile("web", { opaquePorts: ports(80) }, { namespace: "team" });
    const [port] = compile([web, theirs]).ports;
    expect(port?.base.protocol).toBe("detect");
    expect(port?.byClientNamespace.get("team")?.protocol).toBe("opaque");
  });

  it("belongs to one profile when two speak of it", () => {
    const first = profile("web", { opaquePorts: ports(80) }, { file: "a.yaml" });
    const second = profile("web", { opaquePorts: [] }, { file: "b.yaml", group: "linkerd.io" });
    const objects = [web, second, first];
    expect(destination(objects).protocol).toBe("opaque");
    expect(verdict(objects, second).conflicts).toEqual([
      { field: "spec.opaquePorts", winner: first.ref, clientNamespace: "" },
    ]);
  });
});

describe("addresses of a service", () => {
  const at = (name: string, ports: readonly number[], file: string) =>
    service(name, ports, { file }, { clusterIps: ["10.96.0.1", "FD00::1"] });

  it("are its ClusterIPs on each of its ports", () => {
    const { ports } = compile([at("web", [80, 81], "a.yaml")]);
    expect(ports.map(({ addresses }) => addresses)).toEqual([
      ["10.96.0.1:80", "[fd00::1]:80"],
      ["10.96.0.1:81", "[fd00::1]:81"],
    ]);
    expect(compile([web]).ports[0]?.addresses).toEqual([]);
  });

  it("belong to the first of two that claim them, on the ports that both have", () => {
    const winner = at("api", [80], "a.yaml");
    const loser = at("web", [80, 81], "b.yaml");
    const { ports, verdicts } = compile([loser, winner]);
    expect(ports.map(({ addresses }) => addresses)).toEqual([[], ["10.96.0.1:81", "[fd00::1]:81"]]);
    expect(verdicts.get(objectId(loser.ref))?.conflicts).toEqual([
      { field: "spec.clusterIP 10.96.0.1:80", winner: winner.ref, clientNamespace: "" },
      { field: "spec.clusterIP [fd00::1]:80", winner: winner.ref, clientNamespace: "" },
    ]);
    const other = compile([loser, winner], "shop/api");
    expect(other.ports[0]?.addresses).toEqual(["10.96.0.1:80", "[fd00::1]:80"]);
    expect(other.verdicts.get(objectId(winner.ref))?.conflicts).toEqual([]);
  });
});

describe("matches of a split", () => {
  const matched = split("s", "web", ninety, [{ kind: "match", match: canary }]);

  it("take what matches, and leave the rest to the service", () => {
    expect(lines(destination([web, v1, v2, matched]).body.rules)).toEqual([
      ": x-canary -> web-v1:80=9 web-v2:80=1",
      ": * -> web:80=1",
    ]);
  });

  it("multiply with routes", () => {
    const routes = [route("a", pathIs("/a")), route("all", everything)];
    const { body } = destination([web, v1, v2, matched, profile("web", { routes })]);
    expect(lines(body.rules)).toEqual([
      "a: /a&x-canary -> web-v1:80=9 web-v2:80=1",
      "a: /a -> web:80=1",
      "all: x-canary -> web-v1:80=9 web-v2:80=1",
      "all: * -> web:80=1",
      ": x-canary -> web-v1:80=9 web-v2:80=1",
      ": * -> web:80=1",
    ]);
  });

  it("stand before a split of everything", () => {
    const rest = split("a-rest", "web", [backend("web-v2", 1)]);
    const only = split("z", "web", [backend("web-v1", 1)], [{ kind: "match", match: canary }]);
    expect(lines(destination([web, v1, v2, rest, only]).body.rules)).toEqual([
      ": x-canary -> web-v1:80=1",
      ": * -> web-v2:80=1",
    ]);
  });

  it("come from a route group, by name or all", () => {
    const group = routeGroup("g", [
      { name: "canary", match: canary },
      { name: "a", match: pathIs("/a") },
    ]);
    const by = (names: readonly string[]) => {
      const s = split("s", "web", ninety, [{ kind: "group", group: "g", names }]);
      const compiled = destination([web, v1, v2, group, s]);
      return [lines(compiled.body.rules)[0], compiled.objects.map(({ name }) => name)];
    };
    expect(by([])).toEqual([": x-canary|/a -> web-v1:80=9 web-v2:80=1", ["s", "g", "web"]]);
    expect(by(["a"])[0]).toBe(": /a -> web-v1:80=9 web-v2:80=1");
  });

  it("that cannot be found stop the split, and only it", () => {
    const lost = split("s", "web", ninety, [{ kind: "group", group: "g", names: [] }]);
    const other = split("t", "web", [backend("web-v1", 1)]);
    const objects = [web, v1, v2, lost, other];
    expect(lines(destination(objects).body.rules)).toEqual([": * -> web-v1:80=1"]);
    expect(verdict(objects, lost).references).toMatchObject([{ reason: "RouteGroupNotFound" }]);
    const empty = routeGroup("g", []);
    const named = split("s", "web", ninety, [{ kind: "group", group: "g", names: ["x"] }]);
    expect(verdict([web, v1, v2, empty, named], named).references[0]?.message).toMatch(/named "x"/);
  });
});

describe("precedence", () => {
  it("lets a profile's overrides beat a split", () => {
    const p = profile("web", { overrides: [backend("web-v2", 1)] });
    const s = split("s", "web", [backend("web-v1", 1)]);
    const objects = [web, v1, v2, p, s];
    expect(lines(destination(objects).body.rules)).toEqual([": * -> web-v2:80=1"]);
    expect(verdict(objects, s).conflicts).toMatchObject([
      { field: "spec", winner: { kind: "ServiceProfile" }, clientNamespace: "" },
    ]);
  });

  it("takes the first of two splits of everything, by place", () => {
    const a = split("z", "web", [backend("web-v1", 1)], [], { file: "a.yaml" });
    const b = split("a", "web", [backend("web-v2", 1)], [], { file: "b.yaml" });
    const objects = [web, v1, v2, b, a];
    expect(lines(destination(objects).body.rules)).toEqual([": * -> web-v1:80=1"]);
    expect(verdict(objects, b).conflicts).toMatchObject([{ winner: { name: "z" } }]);
    expect(verdict(objects, a).conflicts).toEqual([]);
  });

  it("takes an own kind before one that is read for compatibility", () => {
    const smi = split("a", "web", [backend("web-v2", 1)], [], { group: "split.smi-spec.io" });
    const own = split("b", "web", [backend("web-v1", 1)], [], { file: "z.yaml" });
    const { body } = destination([web, v1, v2, smi, own]);
    expect(lines(body.rules)).toEqual([": * -> web-v1:80=1"]);
  });

  it("works per group of fields: routes of one, overrides of the other", () => {
    const own = profile("web", { routes: [route("a", pathIs("/a"))] });
    const fields = { routes: [route("b", pathIs("/b"))], overrides: [backend("web-v1", 1)] };
    const foreign = profile("web", fields, { group: "linkerd.io" });
    const objects = [web, v1, own, foreign];
    expect(lines(destination(objects).body.rules)).toEqual([
      "a: /a -> web-v1:80=1",
      ": * -> web-v1:80=1",
    ]);
    expect(verdict(objects, foreign).conflicts).toMatchObject([{ field: "spec.routes" }]);
  });

  it("gives the clients of a namespace their own profile, whole", () => {
    const home = profile("web", { routes: [route("a", pathIs("/a"))] });
    const own = profile("web", { routes: [route("b", pathIs("/b"))] }, { namespace: "team" });
    const s = split("s", "web", [backend("web-v1", 1)]);
    const objects = [web, v1, home, own, s];
    const [port] = compile(objects).ports;
    expect(lines(port?.base.body.rules ?? [])[0]).toBe("a: /a -> web-v1:80=1");
    expect(lines(port?.byClientNamespace.get("team")?.body.rules ?? [])).toEqual([
      "b: /b -> web-v1:80=1",
      ": * -> web-v1:80=1",
    ]);
    expect(verdict(objects, home).conflicts).toMatchObject([{ clientNamespace: "team" }]);
    expect(verdict(objects, own).conflicts).toEqual([]);
  });
});

describe("routes", () => {
  it("stand by priority, then in the order of the list, with their own times", () => {
    const routes = [
      route("low", pathIs("/l"), { priority: -1 }),
      route("first", pathIs("/1"), { requestTimeoutMs: 250 }),
      route("second", pathIs("/2")),
      route("high", pathIs("/h"), { priority: 5 }),
    ];
    const { rules } = destination([web, profile("web", { routes })]).body;
    expect(rules.map((rule) => rule.route)).toEqual(["high", "first", "second", "low", ""]);
    expect(rules[1]?.action.timeouts).toEqual({ requestMs: 250, responseMs: 0, idleMs: 0 });
    expect(rules[4]?.action.timeouts.requestMs).toBe(0);
  });
});

describe("retry policies", () => {
  const p = profile("web", {
    routes: [route("a", pathIs("/a")), route("b", pathIs("/b"))],
    budget: { ratio: 1, minRetriesPerSecond: 1, ttlMs: 1000 },
  });

  it("cover all routes, or those that they name", () => {
    const all = policy("all", "web", { retry: policyRetry({ maxRetries: 2 }) });
    const some = policy("some", "web", {
      retry: policyRetry({ maxRetries: 0 }),
      routes: ["b"],
    });
    const { body, requires } = destination([web, p, all, some]);
    expect(body.rules.map(({ action }) => action.retry.maxRetries)).toEqual([2, 0, 2]);
    const owners = body.rules.map(({ action }) => body.objects[action.retry.object]?.name);
    expect(owners).toEqual(["all", "some", "all"]);
    expect(requires).toContain("retry-unsent");
  });

  it("fall back on the default", () => {
    const { rules } = destination([web, p]).body;
    expect(rules[0]?.action.retry).toEqual(DEFAULT_RETRY);
  });

  it("report routes that nobody has, and policies that cover the same", () => {
    const a = policy("a", "web", { routes: ["b", "nope"] });
    const b = policy("b", "web", { routes: ["b"] });
    expect(verdict([web, p, a, b], a).references).toMatchObject([{ reason: "RouteNotFound" }]);
    expect(verdict([web, p, a, b], b).conflicts).toMatchObject([
      { field: 'route "b"', winner: { name: "a" } },
    ]);
  });

  it("bring their budget before the profile's", () => {
    const budget = { ratio: 0.5, minRetriesPerSecond: 2, ttlMs: 2000 };
    const a = policy("a", "web", { budget });
    const { body } = destination([web, p, a]);
    expect(body.budget).toEqual(budget);
    expect(verdict([web, p, a], p).conflicts).toMatchObject([{ field: "spec.retryBudget" }]);
  });
});
