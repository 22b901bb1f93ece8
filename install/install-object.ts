/** An object of an installation, and what all of them carry. */
import { VERSION } from "../base/version.ts";
import { PART_OF, PART_OF_VALUE } from "../inject/names.ts";
import { type Fields, mapAt, type Texts } from "../inject/pod.ts";

export interface InstallMetadata extends Fields {
  readonly name: string;
  /** Absent for what has none. */
  readonly namespace?: string;
  readonly labels: Texts;
}

/** As `kubectl apply` takes it. */
export interface InstallObject extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: InstallMetadata;
}

/** Its own labels stay, and the installation's come to them. Throws when it is no object. */
export function installObject(object: Fields): InstallObject {
  const { apiVersion, kind } = object;
  const { name, namespace, ...metadata } = mapAt(object, "metadata");
  if (typeof apiVersion !== "string" || typeof kind !== "string" || typeof name !== "string") {
    throw new Error("an object has no kind or no name");
  }
  const labels = {
    ...INSTALL_LABELS,
    ...textsOf(mapAt(metadata, "labels")),
    ...VERSION_LABEL,
  };
  const place = typeof namespace === "string" ? { namespace } : {};
  return { ...object, apiVersion, kind, metadata: { name, ...place, ...metadata, labels } };
}

/** By the first of these everything of an installation is found. */
export const INSTALL_LABELS: Texts = {
  [PART_OF]: PART_OF_VALUE,
  "app.kubernetes.io/name": "heddle",
  "app.kubernetes.io/part-of": "heddle",
};

/** Kept apart: it changes with every release, and most objects do not. */
const VERSION_LABEL: Texts = { "app.kubernetes.io/version": VERSION };

/** What a program's pods and no others are selected by. Never changes: Deployments forbid it. */
export function selectorLabels(program: string): Texts {
  return { "app.kubernetes.io/name": program, [PART_OF]: PART_OF_VALUE };
}

/** Of a program's own objects. */
export function programLabels(program: string): Texts {
  return { ...selectorLabels(program), "app.kubernetes.io/component": componentOf(program) };
}

/** `operator` of `heddle-operator`. */
function componentOf(program: string): string {
  return program.slice(program.indexOf("-") + 1);
}

function textsOf(fields: Fields): Texts {
  const texts = Object.entries(fields).flatMap(([key, value]) =>
    typeof value === "string" ? [[key, value] as const] : [],
  );
  return Object.fromEntries(texts);
}
