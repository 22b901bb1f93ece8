/** An authority of a test's own, and certificates of it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../base/platform/system.ts";
import {
  createRoot,
  issueLeaf,
  type Leaf,
  type Signer,
} from "../../operator/identity/certificate.ts";

const HOUR_MS = 3_600_000;

export class TestAuthority {
  readonly #signer: Signer;

  private constructor(signer: Signer) {
    this.#signer = signer;
  }

  static async create(): Promise<TestAuthority> {
    const notBeforeWallMs = systemClock.wallMs() - HOUR_MS;
    return new TestAuthority(
      await createRoot({ notBeforeWallMs, notAfterWallMs: notBeforeWallMs + 100 * HOUR_MS }),
    );
  }

  get certificatePem(): string {
    return this.#signer.certificatePem;
  }

  /** For `localhost` and 127.0.0.1; good for so long from now, which may be over. */
  async issue(name = "localhost", goodForMs = HOUR_MS): Promise<Leaf> {
    const wallMs = systemClock.wallMs();
    return await issueLeaf(
      this.#signer,
      { dnsNames: [name, "localhost"], ipAddresses: ["127.0.0.1"] },
      { notBeforeWallMs: wallMs - 2 * HOUR_MS, notAfterWallMs: wallMs + goodForMs },
    );
  }

  /** As a Secret of the type kubernetes.io/tls has it. */
  secretData({ certificatePem, keyPem }: Leaf): Readonly<Record<string, string>> {
    const base64 = (text: string) => Buffer.from(text).toString("base64");
    return {
      "tls.crt": base64(certificatePem),
      "tls.key": base64(keyPem),
      "ca.crt": base64(this.certificatePem),
    };
  }

  /** Into `tls.crt`, `tls.key` and `ca.crt` of the folder. */
  write(folder: string, { certificatePem, keyPem }: Leaf): void {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "tls.crt"), certificatePem);
    writeFileSync(join(folder, "tls.key"), keyPem);
    writeFileSync(join(folder, "ca.crt"), this.certificatePem);
  }
}
