/** Edits of headers that a route asks for. What carries the message itself is not for editing. */
import type { Static } from "typebox";
import type { Path } from "../../base/shape.ts";
import type { HeaderEdits, HeaderValue } from "../../mesh/route-behaviour.ts";
import type { ReadContext } from "../kind.ts";
import type { headerEdits } from "./route-schema.ts";

type Fields = Static<ReturnType<typeof headerEdits>>;

/** RFC 9110 section 7.6.1 and what frames a body: to edit these would break the connection. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Null when nothing is edited. */
export function readHeaderEdits(
  edits: Fields | undefined,
  path: Path,
  context: ReadContext,
): HeaderEdits | null {
  if (edits === undefined) return null;
  const set = readValues(edits.set, { parent: path, key: "set" }, context);
  const add = readValues(edits.add, { parent: path, key: "add" }, context);
  const removePath = { parent: path, key: "remove" };
  const remove = (edits.remove ?? []).map((name, index) =>
    readName(name, { parent: removePath, key: index }, context),
  );
  refuseTwice(
    set.map(({ name }) => name),
    { parent: path, key: "set" },
    context,
  );
  for (const [index, name] of remove.entries()) {
    if (!set.some((one) => one.name === name) && !add.some((one) => one.name === name)) continue;
    const at = { parent: removePath, key: index };
    const message = `${name} is both written and taken away`;
    context.error(at, "contradiction", message, "to replace a header, set it");
  }
  return set.length + add.length + remove.length === 0 ? null : { set, add, remove };
}

function readValues(
  values: Fields["set"],
  path: Path,
  context: ReadContext,
): readonly HeaderValue[] {
  return (values ?? []).map(({ name, value }, index) => {
    const at = { parent: path, key: index };
    return { name: readName(name, { parent: at, key: "name" }, context), value: value.trim() };
  });
}

function readName(text: string, path: Path, context: ReadContext): string {
  const name = text.toLowerCase();
  if (name === "host") {
    context.error(
      path,
      "reserved-header",
      "the Host is not edited as a header",
      "use rewrite.host",
    );
  } else if (name.startsWith("heddle-")) {
    context.error(path, "reserved-header", `${name} is one of the mesh's own headers`);
  } else if (FRAMING.has(name)) {
    context.error(path, "reserved-header", `${name} belongs to the connection, not to the message`);
  }
  return name;
}

function refuseTwice(names: readonly string[], path: Path, context: ReadContext): void {
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first === index) continue;
    const at = { parent: { parent: path, key: index }, key: "name" };
    context.error(at, "duplicate", `${name} is set by entry ${first} already`, "keep one of them");
  }
}
