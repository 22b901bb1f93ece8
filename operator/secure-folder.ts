/**
 * What a control server for other machines needs where there is no cluster: an authority in the
 * state folder, and tokens that somebody has given to proxies.
 */
import { hostname } from "node:os";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { parseIp } from "../base/ip-address.ts";
import type { Log } from "../base/log.ts";
import type { Metrics } from "../base/metrics.ts";
import type { Timers } from "../base/timers.ts";
import { Authority } from "./identity/authority.ts";
import type { LeafNames } from "./identity/certificate.ts";
import { BUNDLE_FILE, FolderStorage } from "./identity/folder-storage.ts";
import { observeCertificates } from "./identity/identity-metrics.ts";
import { JoinTokens } from "./identity/join-tokens.ts";
import { ServingCertificate } from "./identity/serving-certificate.ts";
import type { ControlSecurity } from "./publish/server.ts";
import type { SecuredControl } from "./secured-control.ts";

export interface SecureFolderOptions {
  readonly stateFolder: string;
  readonly joinTokens: string;
  /** By which proxies reach it, besides its name and this machine. */
  readonly host: string;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** Below the state folder. */
const AUTHORITY_FOLDER = "authority";

export class SecureFolder implements SecuredControl {
  readonly security: ControlSecurity;
  readonly #options: SecureFolderOptions;
  readonly #authority: Authority;
  readonly #serving: ServingCertificate;
  readonly #tokens: JoinTokens;

  constructor(options: SecureFolderOptions) {
    const { stateFolder, joinTokens, metrics, clock, timers, log } = options;
    this.#options = options;
    this.#authority = new Authority({
      storage: new FolderStorage(join(stateFolder, AUTHORITY_FOLDER)),
      // One operator has the folder.
      leadership: { holds: () => true },
      ...{ clock, timers, log },
    });
    this.#serving = new ServingCertificate({
      ...{ authority: this.#authority, clock, timers, log },
      names: folderNames(options.host),
    });
    this.#tokens = new JoinTokens({ file: joinTokens, clock, log });
    this.security = { certificate: this.#serving, authenticator: this.#tokens };
    observeCertificates(metrics, () => ({
      root: this.#authority.issuer?.notAfterWallMs,
      control: this.#serving.leaf?.notAfterWallMs,
      webhook: undefined,
    }));
  }

  get problem(): string {
    if (this.#serving.leaf !== null) return "";
    const { problem } = this.#authority;
    return problem === "" ? "there is no certificate for proxies yet" : problem;
  }

  /** Nobody tells of machines that are gone. */
  onPodGone(): void {}

  leadershipChanged(): void {}

  /** Rejects when the tokens, or what is kept of the authority, cannot be read. */
  async start(): Promise<void> {
    const { stateFolder, log } = this.#options;
    await this.#tokens.start();
    await this.#authority.start();
    this.#serving.start();
    const file = join(stateFolder, AUTHORITY_FOLDER, BUNDLE_FILE);
    log.info("proxies know this operator by its authority, --operator-ca", { file });
  }

  /** Nobody else may write there. */
  resign(): Promise<void> {
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#serving.stop();
    await this.#authority.stop();
  }
}

function folderNames(host: string): LeafNames {
  const isAddress = parseIp(host) !== undefined;
  const names = isAddress || host === "" ? [hostname()] : [host, hostname()];
  return {
    dnsNames: ["localhost", ...new Set(names)],
    ipAddresses: [...new Set(["127.0.0.1", "::1", ...(isAddress ? [host] : [])])],
  };
}
