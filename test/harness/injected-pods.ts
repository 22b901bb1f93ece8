/** Many pods, and what injection does with each of them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { isRecord } from "../../base/shape.ts";
import {
  decideInjection,
  type InjectionDecision,
  type NamespaceFacts,
} from "../../inject/decide-injection.ts";
import { injectPod } from "../../inject/inject-pod.ts";
import { findOwner } from "../../inject/owner.ts";
import { type Pod, parsePod, type Texts } from "../../inject/pod.ts";
import { SAMPLE_POLICY, SHOP } from "../../inject/sample-pod.ts";

const FILE = join(import.meta.dirname, "..", "golden", "inject", "pods.yaml");

export interface InjectedPod {
  readonly name: string;
  readonly pod: Pod;
  readonly namespace: NamespaceFacts;
  readonly decision: InjectionDecision;
  /** The pod itself where it was skipped. */
  readonly injected: Pod;
}

export function readInjectedPods(): readonly InjectedPod[] {
  const policy = { ...SAMPLE_POLICY, acceptLinkerd: true };
  return parseAllDocuments(readFileSync(FILE, "utf8")).map((document) => {
    const value: unknown = document.toJS();
    const parsed = parsePod(isRecord(value) ? value.pod : undefined);
    if ("problem" in parsed) throw new Error(`${FILE}: ${parsed.problem}`);
    const { pod } = parsed;
    const namespace = namespaceOf(value);
    const decision = decideInjection(pod, namespace, policy);
    const injected = decision.inject ? injectPod(pod, decision.options, findOwner(pod)) : pod;
    return { name: String(pod.metadata?.name), pod, namespace, decision, injected };
  });
}

/** The sample's, with what the file says instead. */
function namespaceOf(value: unknown): NamespaceFacts {
  const said = isRecord(value) && isRecord(value.namespace) ? value.namespace : {};
  const { name, labels, annotations } = said;
  return {
    name: typeof name === "string" ? name : SHOP.name,
    labels: isTexts(labels) ? labels : SHOP.labels,
    annotations: isTexts(annotations) ? annotations : SHOP.annotations,
  };
}

function isTexts(value: unknown): value is Texts {
  return isRecord(value) && Object.values(value).every((text) => typeof text === "string");
}
