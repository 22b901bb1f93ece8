/** Certificates as others read them: OpenSSL judges what is written here, the runtime as well. */
import { execFile } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRoot, exportKey, issueLeaf, type Leaf, readCertificate } from "./certificate.ts";
import { formatRoots, readRoots } from "./root-bundle.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const DAY_MS = 24 * 60 * 60_000;
const NAMES = {
  dnsNames: ["heddle-operator.heddle.svc", "localhost"],
  ipAddresses: ["127.0.0.1", "fd00::1"],
} as const;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-certificates-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What OpenSSL says, on either output. */
function openssl(...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("openssl", args, { cwd: folder }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve(`${stdout}${stderr}`);
    });
  });
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

/** The certificate in a file, as people read it. */
function shownByOpenssl(name: string): Promise<string> {
  return openssl("x509", "-text", "-noout", "-in", name);
}

async function make(lifeMs = DAY_MS, notBeforeWallMs = NOW) {
  const root = await createRoot({ notBeforeWallMs, notAfterWallMs: NOW + 365 * DAY_MS });
  const validity = { notBeforeWallMs, notAfterWallMs: notBeforeWallMs + lifeMs };
  const leaf: Leaf = await issueLeaf(
    root,
    { dnsNames: ["heddle-operator.heddle.svc", "localhost"], ipAddresses: NAMES.ipAddresses },
    validity,
  );
  return { root, leaf };
}

describe("a certificate", () => {
  it("is one that OpenSSL takes by its strictest rules, for its names alone", async () => {
    const { root, leaf } = await make();
    const ca = await file("ca.pem", root.certificatePem);
    const shown = await file("leaf.pem", leaf.certificatePem);
    const verify = (...args: readonly string[]) =>
      openssl(
        ...["verify", "-x509_strict", "-purpose", "sslserver"],
        ...["-attime", String(NOW / 1000 + 60), "-CAfile", ca, ...args, shown],
      );
    expect(await verify("-verify_hostname", "localhost")).toBe("leaf.pem: OK\n");
    expect(await verify("-verify_ip", "fd00::1")).toBe("leaf.pem: OK\n");
    expect(await verify("-verify_hostname", "example.com")).toContain("hostname mismatch");
    expect(await verify("-verify_ip", "127.0.0.2")).toContain("IP address mismatch");
    const { root: other } = await make();
    await file("ca.pem", other.certificatePem);
    expect(await verify()).toContain("unable to get local issuer certificate");
  });

  it("makes nobody an authority, and its root none below it", async () => {
    const { root, leaf } = await make();
    const text = await shownByOpenssl(await file("r", root.certificatePem));
    expect(text).toContain("CA:TRUE, pathlen:0");
    expect(text).toContain("Certificate Sign, CRL Sign");
    const own = await shownByOpenssl(await file("l", leaf.certificatePem));
    expect(own).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(own).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(own).toContain("TLS Web Server Authentication");
  });

  it("ends when it was meant to, in whatever century", async () => {
    const { leaf } = await make(DAY_MS);
    expect(leaf.notAfterWallMs - leaf.notBeforeWallMs).toBe(DAY_MS);
    expect(leaf.notBeforeWallMs).toBe(NOW);
    const late = Date.UTC(2049, 11, 31, 23, 59, 59);
    const { leaf: long } = await make(DAY_MS, late);
    const text = await openssl(
      "x509",
      "-enddate",
      "-noout",
      "-in",
      await file("e", long.certificatePem),
    );
    expect(text.trim()).toBe("notAfter=Jan  1 23:59:59 2050 GMT");
    expect([long.notBeforeWallMs, long.notAfterWallMs]).toEqual([late, late + DAY_MS]);
  });

  it("has a serial number of its own, and a key of its own", async () => {
    const root = await createRoot({ notBeforeWallMs: NOW, notAfterWallMs: NOW + DAY_MS });
    const validity = { notBeforeWallMs: NOW, notAfterWallMs: NOW + DAY_MS };
    const leaves = await Promise.all(
      [1, 2, 3].map(() => issueLeaf(root, { dnsNames: ["a"], ipAddresses: [] }, validity)),
    );
    const read = leaves.map(({ certificatePem }) => readCertificate(certificatePem));
    expect(new Set(read.map(({ certificate }) => certificate.serialNumber)).size).toBe(3);
    expect(new Set(leaves.map(({ keyPem }) => keyPem)).size).toBe(3);
    expect(createPublicKey(leaves[0]?.keyPem ?? "").asymmetricKeyDetails?.namedCurve).toBe(
      "prime256v1",
    );
  });

  it("is not made for what is no address", async () => {
    const root = await createRoot({ notBeforeWallMs: NOW, notAfterWallMs: NOW + DAY_MS });
    const names = { dnsNames: ["a"] as const, ipAddresses: ["10.0.0.256"] };
    const validity = { notBeforeWallMs: NOW, notAfterWallMs: NOW + DAY_MS };
    await expect(issueLeaf(root, names, validity)).rejects.toThrow("10.0.0.256");
  });
});

describe("a bundle of roots", () => {
  it("is read as it was written, each with its own key, the issuer first", async () => {
    const roots = await Promise.all([1, 2, 3].map(async () => (await make()).root));
    const texts = formatRoots(roots, NOW + 60_000);
    const read = readRoots(texts);
    expect(new Set(read.map(({ fingerprint }) => fingerprint))).toEqual(
      new Set(roots.map(({ fingerprint }) => fingerprint)),
    );
    for (const { fingerprint, key } of read) {
      const made = roots.find((root) => root.fingerprint === fingerprint);
      expect(key?.equals(made?.key as NonNullable<typeof key>)).toBe(true);
    }
    // Whoever reads both files as one, or has kept the keys elsewhere, sees as much.
    const joined = `${texts.keys}\n# a note\n${texts.certificates}`;
    expect(readRoots({ certificates: joined, keys: joined })).toHaveLength(3);
    expect(readRoots({ ...texts, keys: "" }).every(({ key }) => key === null)).toBe(true);
  });

  it("takes no key for another's certificate, nor that of what is no authority", async () => {
    const { root, leaf } = await make();
    const { root: other } = await make();
    const certificates = `${root.certificatePem}${leaf.certificatePem}`;
    const keys = `${leaf.keyPem}${exportKey(other.key)}`;
    expect(readRoots({ certificates, keys }).map(({ key }) => key)).toEqual([null, null]);
  });

  it("says what is wrong and nothing of keys", async () => {
    const { root } = await make();
    const bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const { certificatePem: good } = root;
    expect(() => readRoots({ certificates: "", keys: "" })).toThrow("no certificate");
    expect(() => readRoots({ certificates: good + bad, keys: "" })).toThrow("certificate 2");
    expect(() => readRoots({ certificates: good.repeat(9), keys: "" })).toThrow("more than 8");
    const keys = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
    expect(() => readRoots({ certificates: good, keys })).toThrow(/^key 1 cannot be read$/);
  });
});
