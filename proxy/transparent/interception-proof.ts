/**
 * Proof that the kernel's rules send applications' connections here. A proxy that nobody is
 * redirected to looks healthy and does nothing, so in transparent mode it dials what only the
 * rules can bring back to it, until it has met itself: again and again, ever more rarely, and
 * whenever somebody asks, or more connections come than ever.
 */

import type { Address } from "../../base/address.ts";
import { Backoff } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { IpFamily } from "../../base/ip-address.ts";
import type { Log } from "../../base/log.ts";
import type { Random } from "../../base/random.ts";
import type { TimerHandle, Timers } from "../../base/timers.ts";
import { INTERCEPTION_PROBE } from "../init/interception-probe.ts";
import type { OpenSockets } from "../net/open-sockets.ts";
import type { Network, Stream } from "../net/stream.ts";
import {
  describeOutcome,
  type InterceptionOutcome,
  type OutcomeText,
} from "./interception-outcome.ts";
import {
  ANSWER_MS,
  InterceptionProbe,
  isProbeAddress,
  PATIENT_ANSWER_MS,
} from "./interception-probe.ts";

const RETRY_MIN_MS = 100;
const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 5_000;

/**
 * That we have not met ourselves. Where that has been otherwise it is tried once more, with more
 * patience. Where others were redirected here meanwhile, or were refused because no more files may
 * be open, it still says nothing of the rules: our own connection waits in a long queue, or was
 * refused with the others.
 */
const MISSED: readonly InterceptionOutcome[] = [
  "answered-by-another",
  "refused",
  "unreachable",
  "timeout",
];

/** So many connections are nothing to look into. */
const CROWD_MIN = 64;

export interface InterceptionProofDeps {
  readonly network: Network;
  readonly sockets: Pick<OpenSockets, "refused">;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** The user that this process runs as; null where the system has none. */
  readonly userId: number | null;
  /** By which families this machine talks to others, asked anew each time. */
  readonly usedFamilies: () => readonly IpFamily[];
  /**
   * Where several threads share the door, what one of them dialled may come in at another: tells
   * those. Null: there are none.
   */
  readonly tellArrival?:
    | ((arrival: { readonly remotePort: number; readonly meant: Address | null }) => void)
    | null
    | undefined;
}

/** What is known of one family of addresses. */
export class FamilyProof {
  readonly family: IpFamily;
  outcome: InterceptionOutcome = "untried";
  /** When it was found, on the proxy's clock. */
  checkedMs = Number.NaN;
  /** Connections of applications that were redirected here. */
  joinedCount = 0;

  constructor(family: IpFamily) {
    this.family = family;
  }

  /** We met ourselves when it was last tried, for good or for bad. */
  get hasMet(): boolean {
    return this.outcome === "proven" || this.outcome === "not-exempt";
  }
}

export class InterceptionProof {
  readonly #ipv4 = new FamilyProof("ipv4");
  readonly #ipv6 = new FamilyProof("ipv6");
  readonly families: readonly FamilyProof[] = [this.#ipv4, this.#ipv6];
  readonly #deps: InterceptionProofDeps;
  readonly #backoff: Backoff;
  #probes: readonly InterceptionProbe[] = [];
  #round: Promise<void> | null = null;
  #outboundPort = 0;
  #retry: TimerHandle | null = null;
  #stopped = true;
  #said = "";
  /** When so many are open it is looked again: twice as many as the last time, or fewer by now. */
  #crowd = CROWD_MIN;
  /** The last round has shown nothing, because the proxy was too busy for it. */
  #isInDoubt = false;

  constructor(deps: InterceptionProofDeps) {
    this.#deps = deps;
    const { random } = deps;
    this.#backoff = new Backoff({ baseMs: RETRY_BASE_MS, maxMs: RETRY_MAX_MS, random });
  }

  /** To be called when the doors are open. `outboundPort`: where rules must redirect to. */
  start(outboundPort: number): void {
    this.#outboundPort = outboundPort;
    this.#stopped = false;
    void this.check();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry();
    for (const probe of this.#probes) probe.stop();
  }

  /**
   * To be asked first about every connection that was accepted on the outbound door. True: it was
   * the proof's own, or somebody else's, and is closed.
   */
  takes(stream: Stream, meant: Address | null): boolean {
    const isProbe = meant !== null && isProbeAddress(meant);
    if (!isProbe && (meant !== null || this.#probes.length === 0)) return false;
    const { remotePort } = stream;
    const isOurs = this.arrived(remotePort, meant) || isProbe;
    if (isProbe) this.#deps.tellArrival?.({ remotePort, meant });
    if (isOurs) stream.destroy();
    return isOurs;
  }

  /** A connection came in, here or at another thread. True when it is certainly the proof's own. */
  arrived(remotePort: number, meant: Address | null): boolean {
    let isOurs = false;
    for (const probe of this.#probes) {
      if (probe.arrived(remotePort, meant)) isOurs = true;
    }
    return isOurs;
  }

  /**
   * One more connection was redirected here on its way to there, beside so many that are open.
   * Where somebody has changed the rules so that our own come back, one makes another until no
   * file is left.
   */
  joinedBy(openCount: number, { host }: Address): void {
    const proof = host.includes(":") ? this.#ipv6 : this.#ipv4;
    proof.joinedCount += 1;
    if (openCount * 4 < this.#crowd) this.#crowd = Math.max(CROWD_MIN, this.#crowd / 2);
    if (openCount < this.#crowd || this.#stopped) return;
    this.#crowd = openCount * 2;
    void this.check();
  }

  /** Once more, now. Whoever asks while one is under way gets that one. Never rejects. */
  check(): Promise<void> {
    this.#round ??= this.#runRound();
    return this.#round;
  }

  /** Some family is proven, and none goes round for ever. */
  get isProven(): boolean {
    return !this.mustNotDial && this.#has("proven");
  }

  /**
   * What the proxy dials comes back to it: carrying a connection would make another without end.
   */
  get mustNotDial(): boolean {
    return this.#has("not-exempt");
  }

  /** Why traffic is not intercepted; empty when it is. */
  get problem(): string {
    if (this.isProven) return "";
    const { detail, hint } = this.describe(this.#mostTelling());
    return hint === "" ? `interception: ${detail}` : `interception: ${detail}; ${hint}`;
  }

  describe({ family, outcome }: FamilyProof): OutcomeText {
    return describeOutcome(outcome, {
      host: INTERCEPTION_PROBE[family],
      port: INTERCEPTION_PROBE.port,
      outboundPort: this.#outboundPort,
      userId: this.#deps.userId,
    });
  }

  #has(outcome: InterceptionOutcome): boolean {
    return this.families.some((one) => one.outcome === outcome);
  }

  /** A machine without one family says little by it. */
  #mostTelling(): FamilyProof {
    const says = ({ outcome }: FamilyProof): boolean =>
      outcome !== "not-used" && outcome !== "untried" && outcome !== "proven";
    if (this.#ipv6.outcome === "not-exempt") return this.#ipv6;
    return says(this.#ipv4) || !says(this.#ipv6) ? this.#ipv4 : this.#ipv6;
  }

  #retryUntilProven(): void {
    const isKnown = this.isProven && !this.#isInDoubt;
    if (isKnown) this.#backoff.reset();
    if (this.#stopped || isKnown) return;
    const delayMs = RETRY_MIN_MS + this.#backoff.nextMs();
    this.#retry = this.#deps.timers.set(delayMs, () => void this.check());
  }

  #cancelRetry(): void {
    if (this.#retry !== null) this.#deps.timers.clear(this.#retry);
    this.#retry = null;
  }

  async #runRound(): Promise<void> {
    this.#cancelRetry();
    this.#isInDoubt = false;
    const found = this.#deps.usedFamilies();
    // With nobody to talk to, what is missing can still be told.
    const used = found.length === 0 ? ["ipv4"] : found;
    await Promise.all(
      this.families.map((proof) => {
        if (used.includes(proof.family)) return this.#probe(proof);
        proof.outcome = "not-used";
        return undefined;
      }),
    );
    this.#probes = [];
    this.#round = null;
    this.#tell();
    this.#retryUntilProven();
  }

  #probe(proof: FamilyProof): Promise<void> {
    const { sockets } = this.#deps;
    const { family, joinedCount } = proof;
    const { refused } = sockets;
    return new Promise((resolve) => {
      const settled = (outcome: InterceptionOutcome): void => {
        const isBusy = proof.joinedCount > joinedCount || sockets.refused > refused;
        if (isBusy && proof.hasMet && MISSED.includes(outcome)) this.#isInDoubt = true;
        else this.#found(proof, outcome);
        // What is proven is proven, however long the other family takes.
        if (this.isProven) this.#tell();
        resolve();
      };
      this.#tryOnce(family, ANSWER_MS, (outcome) => {
        const isNews = proof.hasMet && MISSED.includes(outcome);
        if (isNews) this.#tryOnce(family, PATIENT_ANSWER_MS, settled);
        else settled(outcome);
      });
    });
  }

  #tryOnce(
    family: IpFamily,
    answerMs: number,
    settled: (outcome: InterceptionOutcome) => void,
  ): void {
    const { network, timers } = this.#deps;
    const probe = new InterceptionProbe(family, { network, timers, answerMs, settled });
    this.#probes = [...this.#probes, probe];
    probe.start();
  }

  #found(proof: FamilyProof, outcome: InterceptionOutcome): void {
    proof.outcome = outcome;
    proof.checkedMs = this.#deps.clock.nowMs();
  }

  #tell(): void {
    if (this.#stopped) return;
    const { log } = this.#deps;
    const { problem } = this;
    const said = problem === "" ? "proven" : problem;
    if (said === this.#said) return;
    this.#said = said;
    const proven = this.families.filter(({ outcome }) => outcome === "proven");
    const families = proven.map(({ family }) => family).join(" ");
    if (problem === "") log.info("interception is proven", { families });
    else log.warn("connections of applications are not intercepted", { problem });
  }
}
