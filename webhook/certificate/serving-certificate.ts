/**
 * What the webhook shows to the API server. It comes from a Secret or a folder, and changes while
 * the webhook runs: what cannot be used is refused, and the one before it stays.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";

export interface ServingCertificate {
  /** PEM: the leaf, and perhaps those above it. */
  readonly cert: string;
  readonly key: string;
  /** Since the epoch. */
  readonly notAfterWallMs: number;
  /** For logs: SHA-256, in hex with colons. */
  readonly fingerprint: string;
}

/** Or why it is none that a server can show. */
export function parseServingCertificate(cert: string, key: string): ServingCertificate | string {
  if (cert === "" || key === "") return "there is no certificate, or no key";
  try {
    // Of several, the first is the leaf.
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return "the key is another certificate's";
    const { fingerprint256: fingerprint } = leaf;
    return { cert, key, notAfterWallMs: leaf.validToDate.getTime(), fingerprint };
  } catch (cause) {
    return `it cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
  }
}

export interface CertificateObserver {
  taken(certificate: ServingCertificate): void;
  refused(problem: string): void;
}

export class CertificateHolder {
  readonly #observer: CertificateObserver;
  readonly #listeners = new Set<(certificate: ServingCertificate) => void>();
  #current: ServingCertificate | undefined;
  /** So that the same mistake is told once. */
  #refused = "";

  constructor(observer: CertificateObserver) {
    this.#observer = observer;
  }

  get current(): ServingCertificate | undefined {
    return this.#current;
  }

  /** Calls back with the one that there is, and with each after it. */
  subscribe(listener: (certificate: ServingCertificate) => void): void {
    this.#listeners.add(listener);
    if (this.#current !== undefined) listener(this.#current);
  }

  offer(cert: string, key: string): void {
    if (this.#current?.cert === cert && this.#current.key === key) return;
    const parsed = parseServingCertificate(cert, key);
    if (typeof parsed === "string") {
      if (this.#refused === cert + key) return;
      this.#refused = cert + key;
      this.#observer.refused(parsed);
      return;
    }
    this.#refused = "";
    this.#current = parsed;
    this.#observer.taken(parsed);
    for (const listener of this.#listeners) listener(parsed);
  }
}
