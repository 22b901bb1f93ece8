/** For tests: what one manifest means, or what is wrong with it. */
import type { Intent } from "../mesh/intent.ts";
import { readManifests } from "./read-manifests.ts";

export interface SampleRead {
  /** Null when the manifest was refused. */
  readonly intent: Intent | null;
  /** `severity code field`, without notes. */
  readonly found: readonly string[];
  readonly notEnforced: readonly string[];
}

export function readSample(text: string): SampleRead {
  const { objects, problems } = readManifests(text, "sample.yaml");
  const [first] = objects;
  const all = [...problems, ...(first?.problems ?? [])];
  return {
    intent: first?.object?.intent ?? null,
    found: all
      .filter(({ severity }) => severity !== "note")
      .map(({ severity, code, field }) => `${severity} ${code} ${field}`),
    notEnforced: first?.object?.notEnforced ?? [],
  };
}
