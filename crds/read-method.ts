/** Methods of manifests, which people write in any case, and of which some mean all of them. */
import type { Path } from "../base/shape.ts";
import type { ReadContext } from "./kind.ts";

/** As requests spell it. */
export function readMethod(text: string, path: Path, context: ReadContext): string {
  if (text === "*") {
    const hint = "leave it away where any method will do";
    context.warning(path, "no-effect", 'no request has the method "*"', hint);
  }
  return text.toUpperCase();
}
