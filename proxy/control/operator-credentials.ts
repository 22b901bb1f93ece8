/**
 * By what the proxy knows the operator, and the operator the proxy, where they speak TLS: files
 * that others write and renew. They are read for every connection: tokens last an hour, and a new
 * authority is announced before it is used.
 */
import { readFile, stat } from "node:fs/promises";
import { readFailure } from "../../base/read-failure.ts";

/** A bundle of several certificates, or a token with the longest names, is a tenth of it. */
const FILE_BYTES_MAX = 64 * 1024;

export interface OperatorCredentials {
  /** PEM. */
  readonly ca: string;
  /** Empty: none is shown. */
  readonly token: string;
}

export interface OperatorFiles {
  readonly caFile: string;
  /** Null where there is none. */
  readonly tokenFile: string | null;
}

/** Rejects with a message for people: which file, and what is wrong with it. */
export async function readOperatorCredentials({
  caFile,
  tokenFile,
}: OperatorFiles): Promise<OperatorCredentials> {
  const ca = await readText(caFile, "the operator's CA");
  if (!ca.includes("-----BEGIN CERTIFICATE-----")) {
    throw new Error(`the operator's CA ${caFile} holds no certificate`);
  }
  if (tokenFile === null) return { ca, token: "" };
  const token = (await readText(tokenFile, "the token for the operator")).trim();
  if (token === "") throw new Error(`the token for the operator ${tokenFile} is empty`);
  // It becomes a header field.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new Error(`the token for the operator ${tokenFile} holds characters that none has`);
  }
  return { ca, token };
}

async function readText(path: string, what: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) throw new Error(`it is longer than ${FILE_BYTES_MAX} bytes`);
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${what} ${path} cannot be read: ${readFailure(error)}`);
  }
}
