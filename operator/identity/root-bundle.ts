/**
 * The roots as text: certificates in PEM, one after another, that of the issuer first, and their
 * keys likewise. Which key belongs to which certificate is found out by trying, so that a bundle
 * that somebody has put together by hand is understood as well.
 */
import type { KeyObject } from "node:crypto";
import { type Credential, exportKey, readCertificate, readKey } from "./certificate.ts";
import { issuerAt } from "./roots.ts";

/** Two in ordinary times, three when a rotation was held up. */
const ROOTS_MAX = 8;

export interface RootTexts {
  readonly certificates: string;
  readonly keys: string;
}

/** Throws with what is wrong, in words that say nothing of keys. */
export function readRoots({ certificates, keys }: RootTexts): readonly Credential[] {
  const privateKeys = blocksOf(keys, "PRIVATE KEY").map(parseKey);
  const roots = blocksOf(certificates, "CERTIFICATE").map((text, index) =>
    withKey(parseCertificate(text, index), privateKeys),
  );
  if (roots.length > ROOTS_MAX) throw new Error(`there are more than ${ROOTS_MAX} certificates`);
  if (roots.length === 0) throw new Error("there is no certificate");
  return roots;
}

export function formatRoots(roots: readonly Credential[], wallMs: number): RootTexts {
  const issuer = issuerAt(roots, wallMs);
  const ordered = [...roots].sort((a, b) => Number(b === issuer) - Number(a === issuer));
  return {
    certificates: ordered.map(({ certificatePem }) => certificatePem).join(""),
    keys: ordered.map(({ key }) => (key === null ? "" : exportKey(key))).join(""),
  };
}

/** Those blocks of a PEM text that have the label, or a kind of it: `EC PRIVATE KEY`. */
function blocksOf(text: string, label: string): readonly string[] {
  const pattern = /-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g;
  return [...text.matchAll(pattern)].flatMap(([block, found = ""]) =>
    found === label || found.endsWith(` ${label}`) ? [`${block}\n`] : [],
  );
}

function parseCertificate(text: string, index: number): Credential {
  try {
    return readCertificate(text);
  } catch {
    throw new Error(`certificate ${index + 1} cannot be read`);
  }
}

function parseKey(text: string, index: number): KeyObject {
  try {
    return readKey(text);
  } catch {
    throw new Error(`key ${index + 1} cannot be read`);
  }
}

function withKey(root: Credential, keys: readonly KeyObject[]): Credential {
  const key = keys.find((one) => root.certificate.checkPrivateKey(one));
  return key === undefined || !root.certificate.ca ? root : { ...root, key };
}
