import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestAuthority } from "../../test/harness/test-certificates.ts";
import { CertificateHolder, parseServingCertificate } from "./serving-certificate.ts";

type Leaf = Awaited<ReturnType<TestAuthority["issue"]>>;

let authority: TestAuthority;
let one: Leaf;
let other: Leaf;

beforeAll(async () => {
  authority = await TestAuthority.create();
  one = await authority.issue("one");
  other = await authority.issue("other");
});

describe("a certificate", () => {
  it("is read with what stands above it", () => {
    const chain = one.certificatePem + authority.certificatePem;
    expect(parseServingCertificate(chain, one.keyPem)).toMatchObject({
      cert: chain,
      notAfterWallMs: one.notAfterWallMs,
    });
  });

  it("is none without its own key, or as anything else", () => {
    const { certificatePem: cert, keyPem: key } = one;
    expect(parseServingCertificate(cert, other.keyPem)).toBe("the key is another certificate's");
    expect(parseServingCertificate("", key)).toContain("there is no certificate");
    expect(parseServingCertificate(cert, "")).toContain("or no key");
    expect(parseServingCertificate("none", key)).toContain("it cannot be read");
    expect(parseServingCertificate(cert, "none")).toContain("it cannot be read");
  });
});

describe("the holder", () => {
  let told: string[];
  let holder: CertificateHolder;

  beforeEach(() => {
    told = [];
    holder = new CertificateHolder({
      taken: ({ cert }) => told.push(cert === one.certificatePem ? "one" : "other"),
      refused: (problem) => told.push(problem),
    });
  });

  it("keeps the last that could be used, and tells of the same thing once", () => {
    for (let n = 0; n < 2; n++) holder.offer(one.certificatePem, one.keyPem);
    for (let n = 0; n < 2; n++) holder.offer(other.certificatePem, one.keyPem);
    expect(holder.current?.cert).toBe(one.certificatePem);
    holder.offer(other.certificatePem, other.keyPem);
    expect(told).toEqual(["one", "the key is another certificate's", "other"]);
  });

  it("gives the one that there is to whoever comes late", () => {
    const seen: string[] = [];
    holder.offer(one.certificatePem, one.keyPem);
    holder.subscribe(({ cert }) => seen.push(cert));
    holder.offer(other.certificatePem, other.keyPem);
    expect(seen).toEqual([one.certificatePem, other.certificatePem]);
  });
});
