/** The webhook's parts, joined. Everything it needs of the machine comes in as a parameter. */
import { join } from "node:path";
import { type Address, formatAddress } from "../base/address.ts";
import type { Clock } from "../base/clock.ts";
import { explainListening } from "../base/listen-failure.ts";
import type { Log } from "../base/log.ts";
import { Metrics } from "../base/metrics.ts";
import { readProcessFigures } from "../base/platform/process-figures.ts";
import { observeProcess } from "../base/process-metrics.ts";
import { ProgramError } from "../base/program.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import { parseTextMap } from "../crds/parse-text-map.ts";
import { DEFAULT_NAMESPACE } from "../crds/read-object.ts";
import type { InjectionPolicy } from "../inject/decide-injection.ts";
import { InjectionSettings } from "../inject/injection-settings.ts";
import { EventRecorder } from "../kube/events.ts";
import { Informer, type InformerOptions } from "../kube/informer.ts";
import { createInformerObserver, observeInformers } from "../kube/informer-metrics.ts";
import { KubeClient } from "../kube/kube-client.ts";
import type { Transport } from "../kube/transport.ts";
import { WatchedFiles } from "../kube/watched-files.ts";
import { startAdminServer } from "./admin-server.ts";
import {
  certificateSelection,
  followCertificate,
  SECRETS,
} from "./certificate/secret-certificate.ts";
import { CertificateHolder } from "./certificate/serving-certificate.ts";
import { InjectionNews } from "./injection/injection-news.ts";
import { Injector } from "./injection/injector.ts";
import {
  NAMESPACE_LIMITS,
  NAMESPACE_SELECTION,
  NAMESPACES,
  NamespaceLookup,
} from "./injection/namespace-lookup.ts";
import { OWNER_LIMITS, OwnerLookup } from "./injection/owner-lookup.ts";
import { LookUp } from "./look-up.ts";
import { type ReviewHandler, startReviewServer } from "./review-server.ts";
import { MeshObjects } from "./validation/mesh-objects.ts";
import { Validator } from "./validation/validator.ts";
import { createObservers, observeState, type WebhookObservers } from "./webhook-metrics.ts";

/** In the Events that it writes. */
const CONTROLLER = "heddle.mesh/webhook";

export interface WebhookOptions {
  /** To the API server. Closed when the webhook stops. */
  readonly transport: Transport;
  /** Port 0 lets the system choose. */
  readonly address: Address;
  readonly admin: Address;
  /** As the flags have it; `meshNamespace` is where the certificate's Secret is. */
  readonly policy: InjectionPolicy;
  readonly clusterDomain: string;
  /** A file with options over those of the policy; null for none. */
  readonly defaultsFile: string | null;
  /** With `tls.crt` and `tls.key`; null: the Secret that the operator keeps. */
  readonly tlsFolder: string | null;
  /** How long it goes on to serve when it is told to stop, in ms: until nobody comes any more. */
  readonly drainMs: number;
  /** Of this process and no other. */
  readonly identity: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
}

export interface RunningWebhook {
  /** Where it listens, with the ports that were chosen. */
  readonly address: Address;
  readonly admin: Address;
  /** What keeps it from being ready; empty when nothing does. */
  problem(): string;
  stop(): Promise<void>;
}

/**
 * Resolves when it listens; it is ready when it has a certificate and knows the namespaces. Throws
 * `ProgramError` for an address that cannot be had, and for a mistake in the defaults file: later
 * such a mistake changes nothing.
 */
export async function startWebhook(options: WebhookOptions): Promise<RunningWebhook> {
  const { clock, timers, transport, drainMs } = options;
  const parts = composeParts(options);
  const { informers, files, recorder } = parts;
  for (const watched of files) await watched.start();
  const mistake = parts.settings.problem;
  if (mistake !== "") {
    for (const watched of files) watched.stop();
    throw new ProgramError(`${options.defaultsFile}: ${mistake}`);
  }
  let isStopping = false;
  const problem = (): string => (isStopping ? "it stops" : describeProblem(parts, clock));
  const { server, admin } = await openDoors(options, parts, problem);
  for (const informer of informers) informer.start();
  return {
    address: server.address,
    admin: admin.address,
    problem,
    stop: async () => {
      isStopping = true;
      server.drain();
      if (drainMs > 0) await new Promise<void>((resolve) => void timers.set(drainMs, resolve));
      await server.stop();
      for (const watched of files) watched.stop();
      await recorder.stop();
      await Promise.all(informers.map((informer) => informer.stop()));
      await admin.stop();
      transport.close();
    },
  };
}

type Parts = ReturnType<typeof composeParts>;

/** Both, or none. */
async function openDoors(options: WebhookOptions, parts: Parts, problem: () => string) {
  const { address, admin: adminAddress, log } = options;
  const { metrics, observers, holder, handlers, files } = parts;
  const giveUp = (error: unknown): never => {
    for (const watched of files) watched.stop();
    throw error;
  };
  const { turnedAway } = observers;
  const server = await explainListening(
    "--address",
    formatAddress(address),
    startReviewServer({ address, holder, handlers, turnedAway, log }),
  ).catch(giveUp);
  const admin = await explainListening(
    "--webhook-admin",
    formatAddress(adminAddress),
    startAdminServer({ address: adminAddress, metrics, problem, log }),
  ).catch(async (error: unknown) => {
    await server.stop();
    return giveUp(error);
  });
  return { server, admin };
}

/** Makes the parts and joins them; none of them does anything yet. */
function composeParts(options: WebhookOptions) {
  const { clock, timers, log, transport, policy } = options;
  const metrics = new Metrics({ clock });
  observeProcess(metrics, readProcessFigures());
  const observers = createObservers(metrics, log);
  const client = new KubeClient({ transport, timers });
  const follow = createFollow(options, client, metrics);
  const namespaces = follow({
    ...{ versions: [NAMESPACES], selection: NAMESPACE_SELECTION, isBuiltIn: true },
  });
  const settings = new InjectionSettings(policy, observers.settings);
  const injecting = composeInjection(options, { client, observers, namespaces, settings });
  const readOptions = {
    ...{ clusterDomain: options.clusterDomain, defaultNamespace: DEFAULT_NAMESPACE },
  };
  const objects = new MeshObjects(readOptions, follow);
  const observer = observers.validation;
  const validator = new Validator({ readOptions, objects, observer, clock, log });
  const holder = new CertificateHolder(observers.certificate);
  const certificate = composeCertificate(options, holder, follow);
  const informers = [namespaces, ...objects.informers, ...certificate.informers];
  observeInformers(metrics, informers, clock, "webhook");
  observeState(metrics, { holder, clock });
  const handlers = new Map<string, ReviewHandler>([
    ["/inject", (review) => injecting.injector.review(review)],
    ["/validate", (review) => validator.review(review)],
  ]);
  const defaults = composeDefaults(options, settings);
  return {
    ...{ metrics, observers, holder, namespaces, informers, settings, handlers },
    files: [...certificate.files, ...defaults],
    recorder: injecting.recorder,
  };
}

type Follow = (of: Pick<InformerOptions, "versions" | "selection" | "isBuiltIn">) => Informer;

function createFollow(options: WebhookOptions, client: KubeClient, metrics: Metrics): Follow {
  const { clock, timers, random, log } = options;
  const observer = createInformerObserver(metrics, log, "webhook");
  const shared = { client, clock, timers, random, observer, stateChanged: () => {} };
  return (of) => new Informer({ ...shared, ...of });
}

function composeInjection(
  options: WebhookOptions,
  parts: {
    readonly client: KubeClient;
    readonly observers: WebhookObservers;
    readonly namespaces: Informer;
    readonly settings: InjectionSettings;
  },
) {
  const { clock, timers, random, log, identity } = options;
  const { client, observers, settings } = parts;
  const namespaces = new NamespaceLookup({
    informer: parts.namespaces,
    lookUp: new LookUp({
      ...{ client, timers, timeoutMs: NAMESPACE_LIMITS.timeoutMs },
      atOnceMax: NAMESPACE_LIMITS.askedAtOnceMax,
      ended: (outcome) => observers.lookedUp("namespace", outcome),
    }),
    clock,
  });
  const ownersLookUp = (timeoutMs: number) =>
    new LookUp({
      ...{ client, timers, timeoutMs, atOnceMax: OWNER_LIMITS.askedAtOnceMax },
      ended: (outcome) => observers.lookedUp("owner", outcome),
    });
  const owners = new OwnerLookup({
    hurried: ownersLookUp(OWNER_LIMITS.timeoutMs),
    patient: ownersLookUp(OWNER_LIMITS.patientTimeoutMs),
    clock,
  });
  const recorder = new EventRecorder({
    ...{ client, clock, timers, random, ...observers.events },
    controller: CONTROLLER,
    instance: identity,
  });
  const injector = new Injector({
    ...{ namespaces, owners, clock, log },
    policy: () => settings.policy,
    news: new InjectionNews({ owners, recorder }),
    observer: observers.injection,
  });
  return { injector, recorder };
}

function composeCertificate(options: WebhookOptions, holder: CertificateHolder, follow: Follow) {
  const { tlsFolder, policy, timers, log } = options;
  if (tlsFolder === null) {
    const selection = certificateSelection(policy.meshNamespace);
    const informer = follow({ versions: [SECRETS], selection, isBuiltIn: true });
    followCertificate(informer, holder);
    return { informers: [informer], files: [] };
  }
  const files = new WatchedFiles({
    ...{ timers, paths: ["tls.crt", "tls.key"].map((name) => join(tlsFolder, name)) },
    changed: ([cert = "", key = ""]) => holder.offer(cert, key),
    failed: (problem) => log.warn("the certificate cannot be read", { problem }),
  });
  return { informers: [], files: [files] };
}

function composeDefaults(
  { defaultsFile, timers }: WebhookOptions,
  settings: InjectionSettings,
): readonly WatchedFiles[] {
  if (defaultsFile === null) return [];
  const changed = ([text = ""]: readonly string[]) => settings.take(parseTextMap(text));
  const failed = (problem: string) => settings.refuse(problem);
  return [new WatchedFiles({ timers, paths: [defaultsFile], changed, failed })];
}

function describeProblem({ holder, namespaces }: Parts, clock: Clock): string {
  if (holder.current === undefined) return "there is no certificate yet";
  if (holder.current.notAfterWallMs <= clock.wallMs()) return "the certificate has expired";
  // Later it answers from what it knew last: a webhook that is away is worse than an old word.
  return namespaces.isSettled ? "" : "the namespaces have not been read yet";
}
