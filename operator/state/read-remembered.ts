/** Reads one line of the state file, which anything may have happened to. */
import type { Location } from "../../mesh/intent.ts";
import type { AcceptedVersion, RememberedObject } from "./remembered-object.ts";

/** Undefined when the line is not whole. */
export function readRemembered(line: string): RememberedObject | undefined {
  const value = parse(line);
  if (value === undefined) return undefined;
  const { id, generation, contentHash, file, createdAtWallMs } = value;
  if (typeof id !== "string" || id.split("/").length !== 4) return undefined;
  if (!isCount(generation) || generation < 1) return undefined;
  if (typeof contentHash !== "string" || typeof file !== "string") return undefined;
  if (typeof createdAtWallMs !== "number" || !Number.isFinite(createdAtWallMs)) return undefined;
  const accepted = value.accepted === null ? null : readAccepted(value.accepted);
  if (accepted === undefined) return undefined;
  return { id, generation, contentHash, file, createdAtWallMs, accepted };
}

function readAccepted(value: unknown): AcceptedVersion | undefined {
  if (!isRecord(value)) return undefined;
  const { generation, raw } = value;
  const location = readLocation(value.location);
  if (!isCount(generation) || location === undefined || !isRecord(raw)) return undefined;
  return { generation, raw, location };
}

function readLocation(value: unknown): Location | undefined {
  if (!isRecord(value)) return undefined;
  const { file, document, line, column } = value;
  if (typeof file !== "string") return undefined;
  if (!isCount(document) || !isCount(line) || !isCount(column)) return undefined;
  return { file, document, line, column };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
