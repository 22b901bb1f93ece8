/**
 * The annotation by which Linkerd is told which ports of a Service are opaque: ports, ranges, and
 * names of the service's own ports. What cannot be read is named and left out, because the object
 * is right without it.
 */
import { type PortRange, parsePortRanges } from "../../base/port-ranges.ts";
import { type Path, ROOT } from "../../base/shape.ts";
import type { ServicePortIntent } from "../../mesh/intent.ts";
import type { Manifest, ReadContext } from "../kind.ts";

export const OPAQUE_PORTS_ANNOTATION = "config.linkerd.io/opaque-ports";

/** Null when the annotation is not there. */
export function readOpaquePorts(
  manifest: Manifest,
  ports: readonly ServicePortIntent[],
  context: ReadContext,
): readonly PortRange[] | null {
  const text = manifest.metadata.annotations?.[OPAQUE_PORTS_ANNOTATION];
  if (text === undefined) return null;
  const annotations = { parent: { parent: ROOT, key: "metadata" }, key: "annotations" };
  const path: Path = { parent: annotations, key: OPAQUE_PORTS_ANNOTATION };
  const named = text.split(",").map((part) => {
    const port = ports.find(({ name }) => name !== "" && name === part.trim());
    return port === undefined ? part : String(port.port);
  });
  const parsed = parsePortRanges(named.join(","));
  if ("ranges" in parsed) return parsed.ranges;
  context.warning(path, "bad-port", `${parsed.problem}: none of them counts`);
  return null;
}
