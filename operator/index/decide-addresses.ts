/**
 * Which of its addresses a service has to itself. In a cluster no two services share one; in files
 * they may, by mistake, and then the one that goes before by the usual order has it, and the other
 * is told so.
 */
import { type AddressKey, addressKey } from "../../mesh/address-key.ts";
import { comparePrecedence } from "../../mesh/precedence.ts";
import type { ServiceInputs } from "./object-view.ts";
import type { Verdicts } from "./verdict.ts";

export function decideAddresses(
  { service, servicesAt }: ServiceInputs,
  port: number,
  verdicts: Verdicts,
): readonly AddressKey[] {
  if (service === undefined) return [];
  return service.intent.clusterIps.flatMap((ip) => {
    const key = addressKey(ip, port);
    if (key === undefined) return [];
    const rivals = servicesAt(ip).filter(({ intent }) =>
      intent.ports.some((other) => other.port === port),
    );
    const [first] = [...rivals].sort((a, b) => comparePrecedence(a, b, "", ""));
    if (first === undefined || first.ref.name === service.ref.name) {
      if (first === undefined || first.ref.namespace === service.ref.namespace) return [key];
    }
    verdicts.lost(service.ref, `spec.clusterIP ${key}`, first.ref, "");
    return [];
  });
}
