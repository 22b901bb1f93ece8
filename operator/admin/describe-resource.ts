/** One resource as a client of some namespace gets it. */
import type { ResourceAnswer } from "../../mesh/operator-api.ts";
import { RESOURCE_TYPES } from "../../mesh/snapshot.ts";
import type { ResourceTable } from "../publish/resources.ts";
import { AdminError } from "./admin-server.ts";

export function describeResource(
  table: Pick<ResourceTable, "lookup">,
  query: URLSearchParams,
): ResourceAnswer {
  const wanted = query.get("type");
  const type = RESOURCE_TYPES.find((one) => one === wanted);
  const key = query.get("key");
  if (type === undefined) throw new AdminError(400, `type is one of ${RESOURCE_TYPES.join(", ")}`);
  if (key === null) throw new AdminError(400, "key is missing: svc/shop/web:80");
  const found = table.lookup({ type, key }, query.get("namespace") ?? "");
  if (found === undefined) return { resource: null };
  const { revision, objects, body } = found;
  return { resource: { type, key, revision, objects, body } };
}
