/**
 * What a route changes in heads that pass: fields set, added and removed, another path, another
 * host. Compiled once per route into lines that are copied and names that are left out, so that a
 * request decodes nothing for it.
 */
import { latin1Bytes, utf8Bytes } from "../../mesh/latin1.ts";
import { PathRewrite } from "../../mesh/rewrite-path.ts";
import type { HeaderEdits, HeaderValue, RouteBehaviour } from "../../mesh/route-behaviour.ts";
import { VALUE } from "../../wire/http1/byte-class.ts";
import { FIELD_ORDINARY, FieldName, isFieldName } from "../../wire/http1/field-name.ts";
import type { HeadEdits } from "../../wire/http1/forward.ts";
import { type Head, TARGET_ABSOLUTE, TARGET_ORIGIN } from "../../wire/http1/head.ts";
import { isHost } from "../../wire/http1/host.ts";

export interface FieldEdits {
  /** Fields to leave out: removed, or set anew by `lines`. */
  readonly dropped: readonly FieldName[];
  /** Whole lines to add; null when there are none. */
  readonly lines: Uint8Array | null;
}

export interface RouteEdits {
  readonly request: RequestEdits | null;
  readonly answer: FieldEdits | null;
}

export class RequestEdits implements FieldEdits {
  readonly dropped: readonly FieldName[];
  readonly lines: Uint8Array | null;
  /** Takes the place of Host's value; null leaves it. */
  readonly host: Uint8Array | null;
  readonly #path: PathRewrite;

  constructor(fields: FieldEdits, host: Uint8Array | null, path: PathRewrite) {
    this.dropped = fields.dropped;
    this.lines = fields.lines;
    this.host = host;
    this.#path = path;
  }

  /** Says in `edits` how the target changes. CONNECT and `OPTIONS *` name no path. */
  editTarget(head: Head, edits: HeadEdits): void {
    edits.target = null;
    if (this.#path.isEmpty) return;
    const { targetForm, targetStart, pathStart, pathEnd } = head;
    if (pathStart === pathEnd && targetForm === TARGET_ABSOLUTE) {
      edits.target = latin1Bytes(this.#path.of("/"));
      edits.targetCut = pathEnd - targetStart;
    } else if (targetForm === TARGET_ORIGIN || targetForm === TARGET_ABSOLUTE) {
      const restStart = this.#path.cut(head.bytes, pathStart, pathEnd);
      if (restStart === -1) return;
      edits.target = this.#path.beginning;
      edits.targetCut = restStart - targetStart;
    }
  }
}

/** Null when the route leaves heads as they are. */
export function compileRouteEdits(behaviour: RouteBehaviour): RouteEdits | null {
  const request = compileRequest(behaviour);
  const answer = compileFields(behaviour.answerHeaders);
  return request === null && answer === null ? null : { request, answer };
}

function compileRequest({ requestHeaders, rewrite }: RouteBehaviour): RequestEdits | null {
  const fields = compileFields(requestHeaders);
  const path = new PathRewrite(rewrite ?? { path: "", pathPrefix: "", matchedPrefix: "" });
  const host = compileHost(rewrite?.host ?? "") ?? hostOf(requestHeaders);
  if (fields === null && host === null && path.isEmpty) return null;
  return new RequestEdits(fields ?? { dropped: [], lines: null }, host, path);
}

/** Setting the header Host says the same as rewriting the host. */
function hostOf(edits: HeaderEdits | null): Uint8Array | null {
  const set = edits?.set.find(({ name }) => name === "host");
  return set === undefined ? null : compileHost(set.value);
}

function compileHost(text: string): Uint8Array | null {
  const bytes = utf8Bytes(text);
  return bytes.length > 0 && isHost(bytes, 0, bytes.length) ? bytes : null;
}

function compileFields(edits: HeaderEdits | null): FieldEdits | null {
  if (edits === null) return null;
  const set = edits.set.filter(isForwarded);
  const lines = [...set, ...edits.add.filter(isForwarded)].map(
    ({ name, value }) => `${name}: ${value}\r\n`,
  );
  const dropped = [...set.map(({ name }) => name), ...edits.remove].filter(isFree);
  if (dropped.length === 0 && lines.length === 0) return null;
  return {
    dropped: dropped.map((name) => new FieldName(name)),
    lines: lines.length === 0 ? null : utf8Bytes(lines.join("")),
  };
}

/**
 * The operator refuses objects with such fields. Should one come through all the same, framing
 * and the mesh's own fields are worth more than the edit.
 */
function isForwarded({ name, value }: HeaderValue): boolean {
  return isFree(name) && utf8Bytes(value).every((byte) => VALUE[byte] === 1);
}

function isFree(name: string): boolean {
  return isFieldName(name) && new FieldName(name).kind === FIELD_ORDINARY;
}
