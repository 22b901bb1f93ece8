/** Our kinds as a real API server has them: accepted, ruled by CEL, shown in tables. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { isRecord } from "../../base/shape.ts";
import { definitions } from "../../tools/generate/definitions.ts";
import { resourceDefinition } from "../../tools/generate/resource-definition.ts";
import {
  type OwnApiServer,
  type TestApiServer,
  useApiServer,
  useOwnApiServer,
  whyNoApiServer,
} from "./harness/api-server.ts";
import { foreignDefinitions } from "./harness/foreign-definitions.ts";
import { BROKEN, celRules, SMALLEST } from "./harness/schema-rules.ts";

const root = join(import.meta.dirname, "..", "..");
const GROUP = "heddle.mesh";
const API_VERSION = `${GROUP}/v1alpha1`;
const KINDS = definitions();
const RULES = KINDS.flatMap((kind) => celRules(kind.kind, resourceDefinition(kind)));

function object(kind: string, name: string, spec: object): object {
  return { apiVersion: API_VERSION, kind, metadata: { name }, spec };
}

describe.skipIf(whyNoApiServer())("our kinds", () => {
  let api: TestApiServer;
  let namespace: string;

  beforeAll(async () => {
    api = await useApiServer();
    await api.installCrds();
    namespace = await api.namespace();
  });

  afterAll(() => api.close());

  const kubectl = (args: readonly string[], input?: object | string) =>
    api.kubectl(["-n", namespace, ...args], {
      input: typeof input === "string" ? input : JSON.stringify(input ?? ""),
    });

  it.each(KINDS.map(({ plural }) => plural))(
    "%s is established, and structural",
    async (plural) => {
      const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${GROUP}`;
      const definition = await api.client.get(path, api.signal);
      const status = isRecord(definition) && isRecord(definition.status) ? definition.status : {};
      const conditions: unknown = status.conditions;
      const told = Array.isArray(conditions) ? conditions.filter(isRecord) : [];
      const true_ = told.filter((one) => one.status === "True").map((one) => one.type);
      expect(true_.sort()).toEqual(["Established", "NamesAccepted"]);
    },
  );

  it.each(KINDS.map(({ kind }) => kind))("takes the smallest %s", async (kind) => {
    const smallest = object(kind, "smallest", SMALLEST[kind] ?? {});
    const { code, stderr } = await kubectl(["create", "-f", "-"], smallest);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  const examples = globSync("{crds/*/examples,config/samples/**}/*.yaml", { cwd: root }).sort();

  it.each(examples)("takes what is ours in %s, and knows every field", async (file) => {
    const documents = parseAllDocuments(readFileSync(join(root, file), "utf8"));
    const ours = documents
      .map((document): unknown => document.toJS())
      .filter(isRecord)
      .filter((one) => one.apiVersion === API_VERSION)
      .map((one) => ({ ...one, metadata: { ...Object(one.metadata), namespace } }));
    if (ours.length === 0) return;
    const list = { apiVersion: "v1", kind: "List", items: ours };
    const flags = ["--dry-run=server", "--validate=strict"];
    const { code, stderr } = await kubectl(["create", ...flags, "-f", "-"], list);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  describe("their rules", () => {
    it("are each broken by one object here, and no object breaks another's", () => {
      expect(RULES.length).toBeGreaterThanOrEqual(8);
      expect(Object.keys(BROKEN).sort()).toEqual([...new Set(RULES.map(({ at }) => at))].sort());
    });

    it.each(RULES.map((rule) => [rule.at, rule] as const))("%s", async (at, rule) => {
      const { code, stderr } = await kubectl(
        ["create", "--dry-run=server", "-f", "-"],
        object(rule.kind, "broken", BROKEN[at] ?? {}),
      );
      expect(code).toBe(1);
      expect(stderr).toContain(rule.message);
      expect(stderr).not.toContain("Required value");
    });
  });

  it.each(KINDS)("$kind keeps what it does not know below spec, at any depth", async (kind) => {
    const spec = { ...SMALLEST[kind.kind], wieght: { deep: [1] } };
    const flags = ["create", "--validate=ignore", "-f", "-"];
    await kubectl(flags, object(kind.kind, "misspelt", spec));
    const { stdout } = await kubectl(["get", kind.plural, "misspelt", "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({ spec: { wieght: { deep: [1] } } });
  });

  it("shows splits as people ask for them: by name, short name and category", async () => {
    const spec = { service: "web", backends: [{ service: "web-v1", weight: 1 }] };
    await kubectl(["create", "-f", "-"], object("TrafficSplit", "shown", spec));
    const at = "2026-01-02T03:04:05Z";
    const status = {
      observedGeneration: 1,
      conditions: [
        {
          type: "Accepted",
          status: "True",
          reason: "Accepted",
          message: "",
          lastTransitionTime: at,
        },
      ],
      proxies: "12/12",
      summary: "web-v1 100%",
    };
    const flags = ["--subresource=status", "--type=merge", "-p", JSON.stringify({ status })];
    const patched = await kubectl(["patch", "ts", "shown", ...flags]);
    expect(patched).toMatchObject({ code: 0 });
    for (const name of ["trafficsplits", "trafficsplit", "ts", `trafficsplits.${GROUP}`]) {
      const { stdout } = await kubectl(["get", name, "shown"]);
      const [head = "", row = ""] = stdout.split("\n").map((line) => line.split(/ {2,}/).join("|"));
      expect(head).toBe("NAME|SERVICE|SPLIT|ACCEPTED|PROXIES|AGE");
      expect(row).toMatch(/^shown\|web\|web-v1 100%\|True\|12\/12\|\d+s$/);
    }
    const { stdout } = await kubectl(["get", "heddle", "-o", "name"]);
    expect(stdout).toContain("trafficsplit.heddle.mesh/shown");
  });

  it.each([
    ["sp", "NAME|SERVICE|SUMMARY|ACCEPTED|PROXIES|AGE"],
    ["rp", "NAME|TARGET|MAX|ACCEPTED|PROXIES|AGE"],
  ])("shows %s with the columns %s", async (name, expected) => {
    const { stdout } = await kubectl(["get", name]);
    const [head = ""] = stdout.split("\n");
    expect(head.split(/ {2,}/).join("|")).toBe(expected);
  });

  it("has status apart: neither edit touches the other's half", async () => {
    const spec = { service: "web", backends: [{ service: "web-v1", weight: 1 }] };
    const whole = { ...object("TrafficSplit", "halves", spec), status: { summary: "made up" } };
    await kubectl(["create", "-f", "-"], whole);
    const read = async () => {
      const { stdout } = await kubectl(["get", "ts", "halves", "-o", "json"]);
      return JSON.parse(stdout) as unknown;
    };
    expect(await read()).not.toHaveProperty("status");
    const change = JSON.stringify({ spec: { service: "other" }, status: { summary: "told" } });
    const flags = ["--type=merge", "-p", change];
    await kubectl(["patch", "ts", "halves", "--subresource=status", ...flags]);
    expect(await read()).toMatchObject({
      metadata: { generation: 1 },
      spec: { service: "web" },
      status: { summary: "told" },
    });
  });

  it("refuses a status that is none", async () => {
    const change = JSON.stringify({
      status: { conditions: [{ type: "Accepted", status: "Yes" }] },
    });
    const flags = ["--subresource=status", "--type=merge", "-p", change];
    const { code, stderr } = await kubectl(["patch", "ts", "smallest", ...flags]);
    expect(code).toBe(1);
    expect(stderr).toContain("status.conditions[0].status");
  });
});

describe.skipIf(whyNoApiServer())("beside the kinds of others", () => {
  let api: OwnApiServer;

  beforeAll(async () => {
    api = await useOwnApiServer();
    await api.installDefinitions(foreignDefinitions());
    await api.installCrds();
  });

  afterAll(() => api.close());

  it("objects of all groups live under one name in one namespace", async () => {
    const namespace = await api.namespace();
    const metadata = { namespace, name: "web" };
    const backends = [{ service: "web-v1", weight: 1 }];
    const split = { kind: "TrafficSplit", metadata, spec: { service: "web", backends } };
    await api.apply(
      { ...split, apiVersion: API_VERSION },
      { ...split, apiVersion: "split.smi-spec.io/v1alpha2" },
      { apiVersion: API_VERSION, kind: "ServiceProfile", metadata, spec: {} },
      { apiVersion: "linkerd.io/v1alpha2", kind: "ServiceProfile", metadata, spec: {} },
    );
    for (const group of [GROUP, "split.smi-spec.io"]) {
      const one = ["get", `trafficsplits.${group}`, "-n", namespace, "-o", "name"];
      expect((await api.kubectl(one)).stdout).toBe(`trafficsplit.${group}/web\n`);
    }
    // The one whose group sorts first answers to the bare name.
    const { stdout } = await api.kubectl(["get", "trafficsplits", "-n", namespace, "-o", "name"]);
    expect(stdout).toBe(`trafficsplit.${GROUP}/web\n`);
    const profiles = await api.kubectl(["get", "sp", "-n", namespace, "-o", "name"]);
    expect(profiles.stdout).toBe(`serviceprofile.${GROUP}/web\n`);
  });
});
