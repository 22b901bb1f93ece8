/** Whether the EndpointSlices of a service fit it: one that does not serves nobody, silently. */

import type { ObjectId } from "../sources/object-source.ts";
import { unknownPorts } from "../sources/slices/join-slices.ts";
import type { ObjectView, ServiceId } from "./object-view.ts";
import { type Verdict, Verdicts } from "./verdict.ts";

export function judgeSlices(view: ObjectView, id: ServiceId): ReadonlyMap<ObjectId, Verdict> {
  const verdicts = new Verdicts();
  const service = view.serviceNamed(id);
  for (const slice of view.slicesOf(id)) {
    // Those that a controller makes for a Service come a moment before it, and go a moment after.
    if (slice.intent.serviceUid !== "") continue;
    verdicts.judged(slice.ref);
    if (service === undefined) {
      verdicts.reference(slice.ref, "ServiceNotFound", `Service ${id} does not exist`);
      continue;
    }
    for (const port of unknownPorts(service, slice)) {
      const names = service.intent.ports.map(({ name }) => `"${name}"`).join(", ");
      const message = `Service ${id} has no port named "${port}"; its ports are named ${names}`;
      verdicts.reference(slice.ref, "PortNotFound", message);
    }
  }
  return verdicts.close();
}
