/**
 * Reads an object of a cluster. Kubernetes' own kinds grow with every version, and the API server
 * has judged them: a field that this reader does not know is left aside there, and is no mistake.
 * In the mesh's kinds it is one, because it was meant to do something.
 */
import { isRecord } from "../base/shape.ts";
import type { Location } from "../mesh/intent.ts";
import { locateNowhere, type ReadOptions, type ReadResult, readObject } from "./read-object.ts";
import type { JsonValue } from "./yaml-value.ts";

export const NOWHERE: Location = { file: "", document: 0, line: 0, column: 0 };

/** New fields may have others below them, and an object has only so many problems. */
const READINGS_MAX = 4;

export function readKnownFields(raw: JsonValue, options: ReadOptions): ReadResult {
  let known = raw;
  for (let readings = 1; ; readings++) {
    const result = readObject(
      { raw: known, location: NOWHERE, locate: locateNowhere(NOWHERE) },
      options,
    );
    if (result.found !== "object" || readings >= READINGS_MAX) return result;
    const { identity, problems } = result.read;
    if (identity.group !== "" && !identity.group.endsWith(".k8s.io")) return result;
    const unknown = problems.filter(({ code }) => code === "unknown-field");
    if (unknown.length === 0) return result;
    known = structuredClone(known);
    for (const { field } of unknown) removeField(known, field);
  }
}

/** `spec.ports[0].new` or `metadata["x.y/new"]`, as problems name them. */
function removeField(value: unknown, field: string): void {
  const keys = [...field.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plain]) => quoted ?? index ?? plain ?? "",
  );
  const last = keys.pop();
  let at = value;
  for (const key of keys) {
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isRecord(at) ? at[key] : undefined;
  }
  if (last !== undefined && isRecord(at)) Reflect.deleteProperty(at, last);
}
