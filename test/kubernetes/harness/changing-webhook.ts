/** A mutating webhook of somebody else: it does to each pod what the test says. */

import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { isRecord } from "../../../base/shape.ts";
import { createPatch } from "../../../inject/create-patch.ts";
import type { Fields } from "../../../inject/pod.ts";
import { allow, formatAnswer, parseReview } from "../../../webhook/review.ts";
import type { TestAuthority } from "../../harness/test-certificates.ts";

export class ChangingWebhook {
  readonly #server: Server;
  readonly #authority: TestAuthority;

  private constructor(server: Server, authority: TestAuthority) {
    this.#server = server;
    this.#authority = authority;
  }

  static async start(
    authority: TestAuthority,
    change: (pod: Fields) => Fields,
  ): Promise<ChangingWebhook> {
    const { certificatePem: cert, keyPem: key } = await authority.issue();
    const server = createServer({ cert, key }, async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const review = parseReview(JSON.parse(body));
      if (typeof review === "string") throw new Error(review);
      const pod = isRecord(review.object) ? review.object : {};
      response.writeHead(200, { "content-type": "application/json" });
      response.end(formatAnswer(review, allow([], createPatch(pod, change(pod)))));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ChangingWebhook(server, authority);
  }

  /** API servers ask in the order of the names. */
  configuration(name: string, namespace: string): Fields {
    // It listens at a port, not at a path.
    const { port } = this.#server.address() as AddressInfo;
    const caBundle = Buffer.from(this.#authority.certificatePem).toString("base64");
    const rules = [
      { operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] },
    ];
    const matchLabels = { "kubernetes.io/metadata.name": namespace };
    return {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name },
      webhooks: [
        {
          name: "pods.example.com",
          ...{ rules, failurePolicy: "Fail", sideEffects: "None", admissionReviewVersions: ["v1"] },
          namespaceSelector: { matchLabels },
          clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle },
        },
      ],
    };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
