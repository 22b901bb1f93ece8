/** What an API server was asked, by whom, and what became of it: its own audit log. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "../../../base/shape.ts";

export interface AuditedRequest {
  /** `system:serviceaccount:heddle:heddle-operator` */
  readonly user: string;
  readonly verb: string;
  readonly apiGroup: string;
  /** With its subresource: `trafficsplits/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly code: number;
}

export class AuditLog {
  readonly #folder = mkdtempSync(join(tmpdir(), "heddle-audit-"));
  readonly #file = join(this.#folder, "audit.log");

  /** Those that make kube-apiserver write it. */
  get flags(): readonly string[] {
    const policy = join(this.#folder, "policy.yaml");
    const rules = [{ level: "Metadata", omitStages: ["RequestReceived"] }];
    const object = { apiVersion: "audit.k8s.io/v1", kind: "Policy", rules };
    writeFileSync(policy, JSON.stringify(object));
    return [`--audit-policy-file=${policy}`, `--audit-log-path=${this.#file}`];
  }

  requestsOf(user: string): readonly AuditedRequest[] {
    const lines = readFileSync(this.#file, "utf8").split("\n");
    // The last line may only be half there.
    return lines.slice(0, -1).flatMap((line) => {
      const request = parse(JSON.parse(line));
      return request?.user === user ? [request] : [];
    });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function parse(event: unknown): AuditedRequest | undefined {
  if (!isRecord(event) || !isRecord(event.user)) return undefined;
  const { objectRef, responseStatus, verb, requestURI } = event;
  const target = isRecord(objectRef) ? objectRef : {};
  const { resource = "", subresource, apiGroup = "", namespace = "", name = "" } = target;
  const code = isRecord(responseStatus) ? Number(responseStatus.code) : 0;
  return {
    user: String(event.user.username),
    verb: String(verb),
    apiGroup: String(apiGroup),
    resource: subresource === undefined ? String(resource) : `${resource}/${subresource}`,
    namespace: String(namespace),
    name: String(name),
    path: String(requestURI),
    code,
  };
}
