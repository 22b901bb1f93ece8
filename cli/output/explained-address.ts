/** What stands at an address that was dialled, told to a person. */
import type { ExplainedAddress } from "../../mesh/explain.ts";
import type { PortProtocol } from "../../mesh/port-protocol.ts";
import type { ServiceKey } from "../../mesh/service-key.ts";
import type { Paint } from "./paint.ts";
import { printable } from "./printable.ts";
import { formatAge } from "./units.ts";

const SPOKEN: Readonly<Record<PortProtocol, string>> = {
  detect: "what is spoken is told by the first bytes",
  http1: "HTTP/1.1, by what its objects say",
  http2: "HTTP/2, by what its objects say",
  opaque: "opaque: bytes are carried as they are",
};

export function formatExplainedAddress(
  address: ExplainedAddress,
  serviceName: (key: ServiceKey) => string,
  paint: Paint,
): string {
  const lines = [`${printable(address.address)}: ${standing(address, serviceName)}`];
  const isKnown = address.state === "service" || address.state === "endpoint";
  if (isKnown) lines.push(SPOKEN[address.protocol], `told ${formatAge(address.ageMs)} ago`);
  if (address.problem !== "") {
    lines.push(paint("warn", `what came since was refused: ${printable(address.problem)}`));
  }
  return `${paint("strong", "Address")}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function standing(
  { state, service, endpoint }: ExplainedAddress,
  serviceName: (key: ServiceKey) => string,
): string {
  const name = service === null ? "" : serviceName(service);
  switch (state) {
    case "pending":
      return "the operator has not told about it yet";
    case "unknown":
      return "unknown to the mesh";
    case "service":
      return `the service ${name}`;
    case "endpoint": {
      const where = endpoint === null ? "" : ` ${printable(endpoint.id)}, ${endpoint.state}`;
      return `an endpoint of ${name}:${where}`;
    }
  }
}

/** Of a connection that goes to the very address that was dialled. */
export function addressVerdict({ address, state }: ExplainedAddress, paint: Paint): string {
  const place = printable(address);
  switch (state) {
    case "unknown":
      return paint("good", `It would be carried to ${place} as it is, and not looked at.`);
    case "endpoint":
      return paint("good", `It would go to ${place} itself: who dials an endpoint has chosen it.`);
    case "pending":
    case "service":
      return paint(
        "warn",
        `It would wait a second for the operator, and then go to ${place} itself (unmanaged).`,
      );
  }
}
