import { describe, expect, it } from "vitest";
import { injectorConfiguration, validatorConfiguration, webhookObjects } from "./webhooks.ts";

const PLACE = { namespace: "mesh", failurePolicy: "Fail", caBundle: null } as const;

interface Expression {
  readonly key: string;
  readonly operator: "In" | "NotIn";
  readonly values: readonly string[];
}

/** As API servers read selectors: what lacks the key is not in any list. */
function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const { matchExpressions } = selector as { matchExpressions: readonly Expression[] };
  return matchExpressions.every(({ key, operator, values }) => {
    const isIn = values.includes(labels[key] ?? "");
    return operator === "In" ? isIn : !isIn;
  });
}

function entriesOf(configuration: object) {
  return (configuration as { webhooks: readonly Record<string, unknown>[] }).webhooks;
}

function entriesFor(labels: Readonly<Record<string, string>>): readonly unknown[] {
  return entriesOf(injectorConfiguration(PLACE))
    .filter(({ namespaceSelector }) => selects(namespaceSelector, labels))
    .map(({ name }) => name);
}

describe("a pod", () => {
  const LABELLED = "labelled.inject.heddle.mesh";
  const ANNOTATED = "annotated.inject.heddle.mesh";
  it.each([
    ["enabled", LABELLED],
    ["disabled", ANNOTATED],
    ["Enabled", ANNOTATED],
    [undefined, ANNOTATED],
  ])("of a namespace that is labelled %s is sent once", (value, entry) => {
    const name = { "kubernetes.io/metadata.name": "shop" };
    expect(
      entriesFor(value === undefined ? name : { ...name, "heddle.mesh/inject": value }),
    ).toEqual([entry]);
  });

  it.each(["kube-system", "mesh"])("of %s is never sent", (name) => {
    for (const value of ["enabled", "disabled", ""]) {
      const labels = { "kubernetes.io/metadata.name": name, "heddle.mesh/inject": value };
      expect(entriesFor(labels)).toEqual([]);
    }
  });

  it("that is labelled as opted out is never sent", () => {
    for (const { objectSelector } of entriesOf(injectorConfiguration(PLACE))) {
      expect(selects(objectSelector, { "heddle.mesh/inject": "disabled" })).toBe(false);
      expect(selects(objectSelector, { "heddle.mesh/inject": "enabled" })).toBe(true);
      expect(selects(objectSelector, {})).toBe(true);
    }
  });
});

describe("the webhook's absence", () => {
  it("is felt where injection is asked for by label, and nowhere else", () => {
    const policies = webhookObjects(PLACE)
      .flatMap(entriesOf)
      .map((one) => one.failurePolicy);
    expect(policies).toEqual(["Fail", "Ignore", "Ignore"]);
  });

  it("is noticed soon", () => {
    for (const { timeoutSeconds } of webhookObjects(PLACE).flatMap(entriesOf)) {
      expect(timeoutSeconds).toBeLessThanOrEqual(5);
    }
  });
});

it("says by what the API server knows the webhook only where that is known", () => {
  const clients = (caBundle: string | null) =>
    [injectorConfiguration, validatorConfiguration].flatMap((make) =>
      entriesOf(make({ ...PLACE, caBundle })).map((one) => one.clientConfig),
    );
  for (const client of clients(null)) expect(client).not.toHaveProperty("caBundle");
  for (const client of clients("Q0E=")) expect(client).toHaveProperty("caBundle", "Q0E=");
  expect(clients(null).map((one) => (one as { service: object }).service)).toMatchObject([
    { namespace: "mesh", name: "heddle-webhook", port: 443, path: "/inject" },
    { path: "/inject" },
    { path: "/validate" },
  ]);
});
