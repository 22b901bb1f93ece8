import { describe, expect, it } from "vitest";
import { operatorRights, rbacObjects, webhookRights } from "./rbac.ts";

const options = { namespace: "mesh", ownCertificates: true };

describe("rights", () => {
  const all = [operatorRights(options), webhookRights()].flatMap((rights) => [
    ...rights.everywhere,
    ...rights.inOwnNamespace,
  ]);

  it("name everything: no group, resource or verb stands for others", () => {
    expect(JSON.stringify(all)).not.toContain("*");
    expect(all.every(({ why }) => why !== "")).toBe(true);
  });

  it("reach no Secret that has another name, and none of another namespace", () => {
    const secrets = all.filter(({ resources }) => resources.includes("secrets"));
    expect(secrets.flatMap(({ names }) => names)).toEqual([
      ...["heddle-ca", "heddle-webhook-tls", undefined],
      "heddle-webhook-tls",
    ]);
    // A new one can be made, which shows nothing of those that are there.
    const unnamed = secrets.filter(({ names }) => names === undefined);
    expect(unnamed.map(({ verbs }) => verbs)).toEqual([["create"]]);
    const everywhere = [operatorRights(options), webhookRights()].flatMap((one) => one.everywhere);
    expect(everywhere.filter(({ resources }) => resources.includes("secrets"))).toEqual([]);
  });

  it("to change what is not of the mesh are those to write Events, and a ConfigMap by name", () => {
    const changing = all.filter(({ verbs }) => /create|patch|update|delete/.test(verbs.join()));
    const unnamed = changing.filter(({ apiGroup, names }) => {
      return apiGroup !== "heddle.mesh" && names === undefined;
    });
    expect([...new Set(unnamed.flatMap(({ resources }) => resources))].sort()).toEqual([
      ...["controllerrevisions", "events", "leases", "secrets", "tokenreviews"],
    ]);
  });

  it("over webhook configurations are none where another one makes certificates", () => {
    const rights = operatorRights({ ...options, ownCertificates: false });
    expect(JSON.stringify(rights)).not.toMatch(/webhookconfigurations|webhook-tls/);
  });
});

it("become roles that are bound to the program's account", () => {
  const objects = rbacObjects(options);
  const kinds = objects.map(({ kind, metadata }) => [kind, metadata]);
  const place = { name: "heddle-operator", namespace: "mesh" };
  expect(kinds).toContainEqual(["Role", place]);
  const binding = objects.find(({ kind, metadata }) => {
    return kind === "RoleBinding" && JSON.stringify(metadata) === JSON.stringify(place);
  });
  expect(binding).toMatchObject({
    roleRef: { kind: "Role", name: "heddle-operator" },
    subjects: [{ kind: "ServiceAccount", name: "heddle-operator", namespace: "mesh" }],
  });
  expect(JSON.stringify(objects)).not.toContain("why");
});
