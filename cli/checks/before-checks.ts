/** `heddle check --pre`: whether an installation could begin. */
import { isRecord } from "../../base/shape.ts";
import { PART_OF } from "../../inject/names.ts";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions } from "../../install/options.ts";
import type { CheckResult } from "../../mesh/self-check.ts";
import { ClusterError } from "../cluster/cluster.ts";
import { DEFINITIONS } from "../cluster/resources.ts";
import { findInstalled, labelsOf } from "../install/installed.ts";
import { type PlacedObject, placeObject } from "../install/installed-kinds.ts";
import { type ClusterCheck, type ClusterScene, listed, partOf, result } from "./cluster-check.ts";

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

export const checkNoOther: ClusterCheck = async ({ cluster }) => {
  const present = await findInstalled(cluster);
  if (present === undefined) {
    return result("not-installed", "ok", "Heddle is not installed in the cluster yet");
  }
  const detail = `Heddle ${present.version} is installed in namespace ${present.namespace}`;
  return result("not-installed", "failed", detail, 'use "heddle upgrade", or "heddle check"');
};

export const checkForeignKinds: ClusterCheck = async ({ cluster }) => {
  const definitions = (await cluster.list(DEFINITIONS, { metadataOnly: true })) ?? [];
  const left = definitions.filter(({ name }) => name.endsWith(".heddle.mesh"));
  const foreign = left.filter((one) => !Object.hasOwn(labelsOf(one), PART_OF));
  if (foreign.length > 0) {
    const names = listed(foreign.map(({ name }) => name));
    const hint = "installing takes them over; make sure that nobody else keeps them";
    return result(
      "kinds-free",
      "warning",
      `kinds of ours that Heddle did not make: ${names}`,
      hint,
    );
  }
  if (left.length === 0) return result("kinds-free", "ok", "nobody has kinds of our names");
  return result("kinds-free", "ok", "the kinds are there, made by an installation of Heddle");
};

/** Everything that would be made is asked for: what is missing is told at once, not one by one. */
export const checkRights: ClusterCheck = async (scene) => {
  const options = { ...defaultInstallOptions(), ha: true, namespace: scene.meshNamespace };
  const objects = installObjects(options);
  const kinds = new Map<string, PlacedObject>();
  for (const object of objects) {
    const placed = placeObject(object);
    kinds.set(`${placed.kind.group}/${placed.kind.plural}`, placed);
  }
  const asked = await Promise.all([...kinds.values()].map((placed) => missingVerbs(placed, scene)));
  const missing = asked.flat();
  if (missing.length > 0) {
    const hint = "install as a cluster's administrator, or ask for these rights";
    return result("install-rights", "failed", `you may not ${listed(missing)}`, hint);
  }
  const count = `${kinds.size} kinds`;
  const allowed = result("install-rights", "ok", `you may make all that is needed (${count})`);
  return [...allowed, ...(await checkEscalation(objects, scene))];
};

async function missingVerbs(
  { kind }: PlacedObject,
  { cluster, meshNamespace }: ClusterScene,
): Promise<readonly string[]> {
  const { group, plural, isNamespaced } = kind;
  const missing = await Promise.all(
    ["create", "patch"].map(async (verb) => {
      const place = isNamespaced ? { namespace: meshNamespace } : {};
      const resourceAttributes = { group, resource: plural, verb, ...place };
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes },
      };
      const answer = await cluster.create(REVIEWS, review);
      return partOf(answer, "status").allowed === true ? [] : [`${verb} ${plural}`];
    }),
  );
  return missing.flat();
}

/** Nobody may grant what they may not do: only trying tells. */
async function checkEscalation(
  objects: readonly Readonly<Record<string, unknown>>[],
  { cluster }: ClusterScene,
): Promise<readonly CheckResult[]> {
  for (const object of objects.filter((one) => isRecord(one) && one.kind === "ClusterRole")) {
    try {
      await cluster.apply(placeObject(object).path, object, { dryRun: true });
    } catch (error) {
      if (!(error instanceof ClusterError) || error.status !== 403) throw error;
      const hint = "who grants a right must have it: install as a cluster's administrator";
      return result("grant-rights", "failed", error.detail, hint);
    }
  }
  return result("grant-rights", "ok", "you may grant the programs the rights that they need");
}
