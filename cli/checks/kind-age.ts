/**
 * Whether the kinds in a cluster are those of this program. Older ones stay where whoever upgrades
 * leaves them out, and then the API server neither serves what the programs read, nor checks all
 * that a user writes.
 */
import { isRecord } from "../../base/shape.ts";
import { DEFINITIONS } from "../../crds/definitions.gen.ts";
import type { KubeObject } from "../../kube/kube-object.ts";

/** Of what is lacking, so much is named. */
const NAMED_MAX = 3;

export interface KindAge {
  /** `trafficsplits.heddle.mesh v1alpha1`, of a version that is not served. */
  readonly unserved: readonly string[];
  /** `trafficsplits.heddle.mesh spec.matches`: fields that the API server does not know. */
  readonly lacking: readonly string[];
}

/** Of those that are there. */
export function ageOfKinds(named: ReadonlyMap<string, KubeObject>): KindAge {
  const unserved: string[] = [];
  const lacking: string[] = [];
  for (const wanted of DEFINITIONS) {
    const { name } = isRecord(wanted.metadata) ? wanted.metadata : {};
    const present = named.get(String(name));
    if (present === undefined) continue;
    for (const version of versionsOf(wanted)) {
      const same = versionsOf(present.raw).find((one) => one.name === version.name);
      if (same === undefined || same.served !== true) {
        unserved.push(`${String(name)} ${String(version.name)}`);
      } else {
        const fields = missingFields(schemaOf(version), schemaOf(same), "");
        lacking.push(...fields.map((field) => `${String(name)} ${field}`));
      }
    }
  }
  return { unserved, lacking: lacking.slice(0, NAMED_MAX) };
}

type Fields = Readonly<Record<string, unknown>>;

function versionsOf({ spec }: Fields): readonly Fields[] {
  const versions: unknown = isRecord(spec) ? spec.versions : [];
  return Array.isArray(versions) ? versions.filter(isRecord) : [];
}

function schemaOf({ schema }: Fields): unknown {
  return isRecord(schema) ? schema.openAPIV3Schema : undefined;
}

/** As deep as ours goes, and no deeper where a field is missing as a whole. */
function missingFields(wanted: unknown, present: unknown, path: string): readonly string[] {
  if (!isRecord(wanted)) return [];
  const there = isRecord(present) ? present : {};
  const properties = isRecord(wanted.properties) ? wanted.properties : {};
  const known = isRecord(there.properties) ? there.properties : {};
  const missing = missingFields(wanted.items, there.items, `${path}[]`).slice();
  for (const [name, schema] of Object.entries(properties)) {
    const field = path === "" ? name : `${path}.${name}`;
    if (!Object.hasOwn(known, name)) missing.push(field);
    else missing.push(...missingFields(schema, known[name], field));
  }
  return missing;
}
