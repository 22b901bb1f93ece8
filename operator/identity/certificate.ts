/**
 * Makes certificates: roots that sign themselves, and leaves that name hosts (RFC 5280). ECDSA on
 * P-256 with SHA-256 throughout. Keys and signatures are the runtime's; what is signed is written
 * here, because it is small, and because a library for it brought two dozen packages along.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { promisify } from "node:util";
import { parseIp } from "../../base/ip-address.ts";
import {
  bitString,
  booleanTrue,
  contextBytes,
  contextOf,
  type Der,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from "./der.ts";

const OID = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKeyIdentifier: "2.5.29.35",
  extKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
} as const;

/** RFC 5280, section 4.2.1.3, bit 0 first. */
const USAGE = {
  digitalSignature: bitString(Uint8Array.of(0x80), 7),
  /** keyCertSign and cRLSign. */
  certificateSigning: bitString(Uint8Array.of(0x06), 1),
} as const;

/** RFC 5280, section 4.2.1.6. */
const GENERAL_NAME = { dnsName: 2, ipAddress: 7 } as const;

/** RFC 5280 allows 20 bytes; these are beyond guessing. */
const SERIAL_BYTES = 16;

/** What people see of a root's name. */
const ROOT_NAME = "Heddle CA";

export interface Validity {
  /** Since the epoch; to the second. */
  readonly notBeforeWallMs: number;
  readonly notAfterWallMs: number;
}

/** A certificate, and its key where that is ours. */
export interface Credential extends Validity {
  /** PEM, one. */
  readonly certificatePem: string;
  /** SHA-256 of the certificate, in hexadecimal digits. */
  readonly fingerprint: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject | null;
}

/** One that can sign. */
export interface Signer extends Credential {
  readonly key: KeyObject;
}

export interface LeafNames {
  /** The first is also the name that people see. */
  readonly dnsNames: readonly [string, ...string[]];
  readonly ipAddresses: readonly string[];
}

/** A leaf with its key as servers want them. */
export interface Leaf extends Validity {
  readonly certificatePem: string;
  /** PKCS #8, PEM. */
  readonly keyPem: string;
  /** Of the root that signed it. */
  readonly issuerFingerprint: string;
}

export async function createRoot(validity: Validity): Promise<Signer> {
  const { publicKey, privateKey } = await newKeys();
  const keyId = keyIdOf(publicKey);
  // Two roots that live at once have two names: whoever builds a chain need not try both.
  const name = commonName(`${ROOT_NAME} ${Buffer.from(keyId).toString("hex").slice(0, 8)}`);
  const extensions = [
    // No authority below it.
    extension(OID.basicConstraints, sequence(booleanTrue(), integer(Uint8Array.of(0))), true),
    extension(OID.keyUsage, USAGE.certificateSigning, true),
    extension(OID.subjectKeyIdentifier, octetString(keyId)),
  ];
  const parts = { issuer: name, subject: name, publicKey, validity, extensions };
  return toSigner(signed(parts, privateKey), privateKey);
}

/** Throws when a name is none. It must not outlive its signer: that is the caller's affair. */
export async function issueLeaf(
  signer: Signer,
  names: LeafNames,
  validity: Validity,
): Promise<Leaf> {
  const { publicKey, privateKey } = await newKeys();
  const signerKeyId = keyIdOf(createPublicKey(signer.key));
  const extensions = [
    extension(OID.basicConstraints, sequence(), true),
    extension(OID.keyUsage, USAGE.digitalSignature, true),
    extension(OID.extKeyUsage, sequence(objectIdentifier(OID.serverAuth))),
    extension(OID.subjectKeyIdentifier, octetString(keyIdOf(publicKey))),
    extension(OID.authorityKeyIdentifier, sequence(contextBytes(0, signerKeyId))),
    extension(OID.subjectAltName, sequence(...generalNames(names))),
  ];
  const certificate = signed(
    {
      issuer: commonName(commonNameOf(signer.certificate.subject)),
      subject: commonName(names.dnsNames[0].slice(0, COMMON_NAME_LENGTH_MAX)),
      publicKey,
      validity,
      extensions,
    },
    signer.key,
  );
  return {
    certificatePem: pem("CERTIFICATE", certificate),
    keyPem: exportKey(privateKey),
    issuerFingerprint: signer.fingerprint,
    ...validityOf(new X509Certificate(certificate)),
  };
}

/** Throws when it is no certificate. */
export function readCertificate(certificatePem: string): Credential {
  const certificate = new X509Certificate(certificatePem);
  return {
    certificatePem: pem("CERTIFICATE", certificate.raw),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    certificate,
    key: null,
    ...validityOf(certificate),
  };
}

/** PKCS #8, PEM. */
export function exportKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Throws when it is no private key. */
export function readKey(keyPem: string): KeyObject {
  return createPrivateKey(keyPem);
}

/** RFC 5280, appendix A.1, ub-common-name. */
const COMMON_NAME_LENGTH_MAX = 64;

interface CertificateParts {
  readonly issuer: Der;
  readonly subject: Der;
  readonly publicKey: KeyObject;
  readonly validity: Validity;
  readonly extensions: readonly Der[];
}

function signed(parts: CertificateParts, key: KeyObject): Der {
  const { issuer, subject, publicKey, validity, extensions } = parts;
  const algorithm = sequence(objectIdentifier(OID.ecdsaWithSha256));
  const serial = randomBytes(SERIAL_BYTES);
  // Positive, and never zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const toBeSigned = sequence(
    contextOf(0, integer(Uint8Array.of(2))),
    integer(serial),
    algorithm,
    issuer,
    sequence(time(validity.notBeforeWallMs), time(validity.notAfterWallMs)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    contextOf(3, sequence(...extensions)),
  );
  return sequence(toBeSigned, algorithm, bitString(sign("sha256", toBeSigned, key)));
}

function toSigner(certificate: Der, key: KeyObject): Signer {
  return { ...readCertificate(pem("CERTIFICATE", certificate)), key };
}

async function newKeys(): Promise<{ publicKey: KeyObject; privateKey: KeyObject }> {
  return await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
}

/** RFC 7093, section 2, method 1: of the public key's bits, 160 of their hash. */
function keyIdOf(publicKey: KeyObject): Uint8Array {
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const point = [Uint8Array.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
  return createHash("sha256").update(Buffer.concat(point)).digest().subarray(0, 20);
}

function generalNames({ dnsNames, ipAddresses }: LeafNames): readonly Der[] {
  return [
    ...dnsNames.map((name) => contextBytes(GENERAL_NAME.dnsName, Buffer.from(name, "latin1"))),
    ...ipAddresses.map((text) => {
      const address = parseIp(text);
      if (address === undefined) throw new Error(`${text} is no IP address`);
      return contextBytes(GENERAL_NAME.ipAddress, address);
    }),
  ];
}

function commonName(text: string): Der {
  return sequence(setOf(sequence(objectIdentifier(OID.commonName), utf8String(text))));
}

/** Of a name that is nothing else: `CN=Heddle CA 1a2b3c4d`. */
function commonNameOf(subject: string): string {
  return subject.replace(/^CN=/, "");
}

function extension(oid: string, content: Der, isCritical = false): Der {
  const critical = isCritical ? [booleanTrue()] : [];
  return sequence(objectIdentifier(oid), ...critical, octetString(content));
}

function validityOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { notBeforeWallMs: validFromDate.getTime(), notAfterWallMs: validToDate.getTime() };
}

function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
