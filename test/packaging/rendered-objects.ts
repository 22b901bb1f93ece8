/** What other tools make of our manifests, beside what we make ourselves: object by object. */
import { parseAllDocuments } from "yaml";
import { isRecord } from "../../base/shape.ts";
import type { InstallObject } from "../../install/install-object.ts";

export type ObjectsByKey = Readonly<Record<string, unknown>>;

/** From a stream of YAML documents. Throws when two have one name. */
export function readRendered(text: string): ObjectsByKey {
  const objects = parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return isRecord(value) ? [value] : [];
  });
  return byKey(objects);
}

/** As they come out of JSON: what is undefined there is nowhere. */
export function ownObjects(objects: readonly InstallObject[]): ObjectsByKey {
  return byKey(JSON.parse(JSON.stringify(objects)));
}

function byKey(objects: readonly Readonly<Record<string, unknown>>[]): ObjectsByKey {
  const found: Record<string, unknown> = {};
  for (const object of objects) {
    const metadata = isRecord(object.metadata) ? object.metadata : {};
    const key = `${String(object.kind)} ${String(metadata.name)}`;
    if (Object.hasOwn(found, key)) throw new Error(`${key} is there twice`);
    found[key] = object;
  }
  return found;
}
