/** What must hold of the backends of a split together, whatever group it is of. */
import type { Path } from "../base/shape.ts";
import type { BackendIntent } from "../mesh/intent.ts";
import type { ReadContext } from "./kind.ts";

export function checkBackends(
  backends: readonly BackendIntent[],
  path: Path,
  context: ReadContext,
): void {
  const seen = new Map<string, number>();
  let total = 0;
  for (const [index, { service, port, weightMilli }] of backends.entries()) {
    const key = `${service.namespace}/${service.name}:${port}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else {
      const at = { parent: { parent: path, key: index }, key: "service" };
      const message = `${service.name} is listed already, as backends[${first}]`;
      context.error(at, "duplicate", message, "add up the weights");
    }
    total += weightMilli;
  }
  if (total === 0) {
    const message = "all weights are zero: all traffic goes to the service itself";
    context.warning(path, "no-weight", message, "give one backend a weight");
  }
}
