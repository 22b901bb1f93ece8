/**
 * Knows proxies by tokens that somebody has given them, where no API server can say who they are:
 * from a file with one line for each, `TOKEN NAMESPACE/NAME`. The file is read again when it may
 * have changed, so that a token can be added, and taken back, while the operator runs.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import { readFailure } from "../../base/read-failure.ts";
import type { Authentication, Authenticator, ProxyIdentity } from "../publish/peer.ts";

export const JOIN_LIMITS = {
  /** The file is not read more often, whoever knocks. */
  rereadMs: 1_000,
  tokensMax: 10_000,
  /** Shorter ones could be guessed. */
  tokenCharsMin: 32,
} as const;

/** By the hash of the token: looking one up takes as long whether or not it is nearly right. */
type Identities = ReadonlyMap<string, ProxyIdentity>;

const LINE = /^(\S+)\s+([a-z0-9]([-a-z0-9]*[a-z0-9])?)\/([\w.-]{1,253})$/;

export interface JoinTokensOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class JoinTokens implements Authenticator {
  readonly #options: JoinTokensOptions;
  #identities: Identities = new Map();
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;
  #problem = "";

  constructor(options: JoinTokensOptions) {
    this.#options = options;
  }

  /** Rejects with what is wrong with the file, and where. */
  async start(): Promise<void> {
    this.#identities = await readTokens(this.#options.file);
  }

  async authenticate(token: string): Promise<Authentication> {
    await this.#readAgain();
    const identity = this.#identities.get(hashOf(token));
    if (identity === undefined) return { result: "refused", reason: "token-invalid" };
    return { result: "peer", peer: { kind: "proxy", identity } };
  }

  /** A file that cannot be used changes nothing. */
  async #readAgain(): Promise<void> {
    const { clock } = this.#options;
    if (this.#reading === null && clock.nowMs() - this.#readMs >= JOIN_LIMITS.rereadMs) {
      this.#readMs = clock.nowMs();
      this.#reading = this.#read().finally(() => {
        this.#reading = null;
      });
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { file, log } = this.#options;
    let problem = "";
    try {
      this.#identities = await readTokens(file);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (problem !== "" && problem !== this.#problem) {
      log.warn("join tokens cannot be used: those of before count", { cause: problem });
    }
    this.#problem = problem;
  }
}

/** Rejects with what is wrong, and where. */
async function readTokens(file: string): Promise<Identities> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(`${file} cannot be read: ${readFailure(cause)}`, { cause });
  });
  try {
    return parseJoinTokens(text);
  } catch (cause) {
    throw new Error(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Throws with the number of the line, and says nothing of the token. */
export function parseJoinTokens(text: string): Identities {
  const identities = new Map<string, ProxyIdentity>();
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, token = "", namespace = "", , name = ""] = LINE.exec(trimmed) ?? [];
    const where = `line ${index + 1}`;
    if (token === "") throw new Error(`${where} is not TOKEN NAMESPACE/NAME`);
    if (token.length < JOIN_LIMITS.tokenCharsMin) {
      throw new Error(
        `${where}: the token is shorter than ${JOIN_LIMITS.tokenCharsMin} characters`,
      );
    }
    const hash = hashOf(token);
    if (identities.has(hash)) throw new Error(`${where}: the token stands above as well`);
    if (identities.size >= JOIN_LIMITS.tokensMax) {
      throw new Error(`${where}: there are more than ${JOIN_LIMITS.tokensMax} tokens`);
    }
    identities.set(hash, { namespace, name, serviceAccount: "", podUid: "" });
  }
  return identities;
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
