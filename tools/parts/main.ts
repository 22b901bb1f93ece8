/**
 * `make kube-parts`: brings what tests run of Kubernetes, so that they need not. With names as
 * arguments, only those.
 */
import { KUBE_PARTS, type KubePartName, obtainKubePart } from "./kube-parts.ts";

const known = Object.keys(KUBE_PARTS).filter((name): name is KubePartName => name in KUBE_PARTS);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.some((one) => one === name));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(", ")}; there are ${known.join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of known.filter((one) => asked.length === 0 || asked.includes(one))) {
    const part = await obtainKubePart(name, (line) => console.log(line));
    console.log(`${name}: ${"file" in part ? part.file : part.missing}`);
    if ("missing" in part) process.exitCode = 1;
  }
}
