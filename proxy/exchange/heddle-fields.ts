/**
 * What a proxy in front of an application tells the caller's proxy beside an answer. Both sides
 * take the words from here, so that nothing is said that nobody believes.
 */
import type { FaultCode } from "../../base/fault.ts";
import { FieldName } from "../../wire/http1/field-name.ts";

/** The code of the fault, where the mesh itself has failed the request. */
export const HEDDLE_ERROR = new FieldName("heddle-error");
/** `1`: the application never saw the request, which may be sent elsewhere. */
export const HEDDLE_UNSENT = new FieldName("heddle-unsent");
/** `no`: the request is not to be tried again. */
export const HEDDLE_RETRY = new FieldName("heddle-retry");

const UNSENT: readonly FaultCode[] = ["app-unreachable", "draining", "overloaded"];

/** The faults of which that may be said. */
export const UNSENT_CODES: ReadonlySet<string> = new Set(UNSENT);
