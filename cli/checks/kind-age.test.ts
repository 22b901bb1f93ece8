import { expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { DEFINITIONS as OURS } from "../../crds/definitions.gen.ts";
import { MemoryCluster } from "../cluster/memory-cluster.ts";
import { checkKinds } from "./program-checks.ts";

const status = { conditions: [{ type: "Established", status: "True" }] };

/** What the check of kinds says where splits are defined otherwise. */
async function verdict(change: (splits: string) => string): Promise<string> {
  const objects = OURS.map((one): object => {
    const text = JSON.stringify({ ...one, status });
    const made: unknown = JSON.parse(text.includes('"trafficsplit"') ? change(text) : text);
    return isRecord(made) ? made : {};
  });
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const cluster = new MemoryCluster({ objects: { [path]: objects } });
  const [first] = await checkKinds({ cluster, meshNamespace: "heddle", wallMs: 0 });
  return `${first?.verdict}: ${first?.detail}`;
}

it.each([
  ["are those of this program", (text: string) => text, "ok: the kinds are there, and served"],
  [
    "serve no version that it reads",
    (text: string) => text.replace('"name":"v1alpha1"', '"name":"v1alpha0"'),
    "failed: kinds of another version, which does not serve trafficsplits.heddle.mesh v1alpha1",
  ],
  [
    "know less than it does",
    (text: string) => text.replace('"matches":{', '"other":{'),
    "warning: kinds of another version, which do not know trafficsplits.heddle.mesh spec.matches",
  ],
])("kinds are told of that %s", async (_, change, expected) => {
  expect(await verdict(change)).toBe(expected);
});
