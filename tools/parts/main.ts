/**
 * `make kube-parts`: brings what tests run of Kubernetes, so that they need not. With names as
 * arguments, only those.
 */
import { obtainGoPart } from "./go-part.ts";
import { KUBE_PARTS } from "./kube-parts.ts";
import { NODE_PARTS } from "./node-parts.ts";
import { PACKAGING_PARTS } from "./packaging-parts.ts";

const known = [...Object.values(KUBE_PARTS), ...Object.values(NODE_PARTS), ...PACKAGING_PARTS];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.some((one) => one.name === name));
if (unknown.length > 0) {
  const names = known.map(({ name }) => name).join(", ");
  console.error(`unknown: ${unknown.join(", ")}; there are ${names}`);
  process.exitCode = 2;
} else {
  for (const row of known.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
    const part = await obtainGoPart(row, (line) => console.log(line));
    console.log(`${row.name}: ${"file" in part ? part.file : part.missing}`);
    if ("missing" in part) process.exitCode = 1;
  }
}
