/**
 * One proxy's connection: who it says it is, its limits, and its messages. The proxy may be
 * hostile: it can waste its own session and nothing else. Who it is comes from its credential: its
 * own workload and what is said to its namespace follow from that, never from what it says. The
 * services of the mesh any of them may ask for, as any pod may ask the cluster's DNS.
 *
 *     greeting --hello--> live --end--> closed        greeting --end, timeout--> closed
 */
import type { ControlLink } from "../../mesh/control-link.ts";
import {
  CLOSE,
  CONTROL_LIMITS,
  CONTROL_PROTOCOL,
  type ControlErrorCode,
  type Hello,
  type OperatorMessage,
  type ProxyMessage,
  type Report,
} from "../../mesh/control-messages.ts";
import { decodeProxyMessage } from "../../mesh/decode-message.ts";
import { Heartbeat } from "../../mesh/heartbeat.ts";
import { FEATURES } from "../../mesh/snapshot.ts";
import { encodeMessage } from "./frames.ts";
import { ownReport } from "./own-report.ts";
import type { Peer } from "./peer.ts";
import type { SessionId, SessionInfo } from "./resources.ts";
import type { SessionHost } from "./session-host.ts";
import { SessionResources } from "./session-resources.ts";
import { TokenBucket } from "./token-bucket.ts";

type SessionState =
  | { readonly kind: "greeting"; readonly sinceMs: number }
  | { readonly kind: "live"; readonly info: SessionInfo; readonly resources: SessionResources }
  | { readonly kind: "closed" };

export class Session {
  readonly id: SessionId;
  readonly #host: SessionHost;
  readonly #link: ControlLink;
  readonly #remote: string;
  readonly #peer: Peer;
  readonly #heartbeat: Heartbeat;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  #state: SessionState;
  /** Since when something has been waiting for room on the way out; negative when nothing has. */
  #congestedSinceMs = -1;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(id: SessionId, host: SessionHost, link: ControlLink, remote: string, peer: Peer) {
    const { limits, clock } = host;
    const nowMs = clock.nowMs();
    this.id = id;
    this.#host = host;
    this.#link = link;
    this.#remote = remote;
    this.#peer = peer;
    this.#state = { kind: "greeting", sinceMs: nowMs };
    this.#heartbeat = new Heartbeat(host.heartbeatMs, nowMs);
    this.#messages = new TokenBucket(limits.messagesPerSecond, limits.messagesBurst, nowMs);
    this.#bytes = new TokenBucket(limits.bytesPerSecond, limits.bytesBurst, nowMs);
  }

  /** Null until it has greeted, and after it has closed. */
  get info(): SessionInfo | null {
    return this.#state.kind === "live" ? this.#state.info : null;
  }

  /** Of the pod that its credential is bound to; empty where it is bound to none. */
  get podUid(): string {
    return this.#peer.kind === "local" ? "" : this.#peer.identity.podUid;
  }

  receive(text: string): void {
    if (this.#state.kind === "closed") return;
    const nowMs = this.#host.clock.nowMs();
    this.#heartbeat.heard(nowMs);
    if (!this.#messages.take(1, nowMs) || !this.#bytes.take(text.length, nowMs)) {
      this.#end("flood", "messages come too fast", "");
      return;
    }
    const message = decodeProxyMessage(text);
    if (message.message === "problem") {
      const { code, detail, about } = message;
      if (code === "unsupported") this.#complain(code, detail, about);
      else this.#end(code, detail, about);
    } else if (message.message === "hello") {
      this.#greet(message);
    } else if (this.#state.kind === "live") {
      this.#take(message, this.#state.resources, nowMs);
    } else {
      this.#end("out-of-order", "a hello comes first", message.message);
    }
  }

  /** Something below messages came, which costs work as well: it counts towards their rate. */
  receivedBelow(): void {
    if (this.#state.kind === "closed") return;
    const nowMs = this.#host.clock.nowMs();
    if (!this.#messages.take(1, nowMs)) this.#end("flood", "messages come too fast", "");
  }

  /** There may be room again on the way out. */
  drained(): void {
    if (this.#state.kind !== "live" || this.#isCongested()) return;
    this.#congestedSinceMs = -1;
    if (this.#state.resources.waitingCount > 0) this.#state.resources.drained();
  }

  /** Time has passed: the hello, silence and congestion have their limits. */
  check(): void {
    const { clock, limits } = this.#host;
    const nowMs = clock.nowMs();
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "greeting") {
      if (nowMs - this.#state.sinceMs >= limits.helloTimeoutMs) this.#cut("hello-timeout");
      return;
    }
    if (!this.#isCongested()) this.drained();
    else if (this.#congestedSinceMs < 0) this.#congestedSinceMs = nowMs;
    else if (nowMs - this.#congestedSinceMs >= limits.congestedMaxMs) {
      this.#cut("slow-consumer");
      return;
    }
    const verdict = this.#heartbeat.check(nowMs);
    if (verdict === "dead") this.#cut("silent");
    else if (verdict === "ping") this.#send({ message: "ping" });
  }

  /** Everything that it is subscribed to is looked at again. */
  pumpAll(): void {
    if (this.#state.kind === "live") this.#state.resources.pumpAll();
  }

  /** This operator stops; the proxy should ask another one. */
  goAway(): void {
    this.#end("going-away", "this operator stops", "");
  }

  /** For a reason that is not this session's: its pod is gone, or has too many of them. */
  end(reason: "pod-gone" | "sessions-of-pod"): void {
    if (this.#state.kind !== "closed") this.#cut(reason);
  }

  /** The link is gone. */
  closed(): void {
    const state = this.#state;
    if (state.kind === "closed") return;
    this.#state = { kind: "closed" };
    if (state.kind === "live") {
      state.resources.close();
      this.#host.programmed.sessionClosed(this.id);
      this.#host.log.info("proxy left", { session: this.id, proxy: state.info.proxyName });
    }
    this.#host.closed(this);
  }

  #greet(hello: Hello): void {
    const host = this.#host;
    if (this.#state.kind !== "greeting") {
      this.#end("out-of-order", "a second hello", "hello");
      return;
    }
    if (hello.protocol !== CONTROL_PROTOCOL) {
      const detail = `this operator speaks version ${CONTROL_PROTOCOL}`;
      this.#end("protocol-version", detail, "hello");
      return;
    }
    const info = this.#describe(hello);
    const resources = new SessionResources(host, info, {
      send: (frame) => this.#link.send(frame),
      isCongested: () => this.#isCongested(),
      complain: (code, detail, about) => this.#complain(code, detail, about),
    });
    this.#state = { kind: "live", info, resources };
    host.log.info("proxy joined", {
      session: this.id,
      proxy: info.proxyName,
      namespace: info.namespace,
      serviceAccount: info.identity?.serviceAccount,
    });
    host.programmed.sessionOpened(info);
    const { operatorMessageBytesMax: messageBytesMax, ...limits } = CONTROL_LIMITS;
    const { destinationsMax, endpointSetsMax, addressesMax } = limits;
    this.#send({
      message: "welcome",
      protocol: CONTROL_PROTOCOL,
      operator: host.operator,
      heartbeatMs: host.heartbeatMs,
      limits: { messageBytesMax, destinationsMax, endpointSetsMax, addressesMax },
    });
    resources.resume(hello.holds);
  }

  #describe({ proxy, namespace, features }: Hello): SessionInfo {
    const identity = this.#peer.kind === "local" ? null : this.#peer.identity;
    if (identity !== null && identity.namespace !== namespace) {
      this.#host.log.debug("a proxy thinks that it is elsewhere", {
        session: this.id,
        namespace: identity.namespace,
        said: namespace,
      });
    }
    return {
      id: this.id,
      proxyName: identity?.name ?? proxy.name,
      proxyVersion: proxy.version,
      namespace: identity?.namespace ?? namespace,
      identity,
      features: FEATURES.filter((feature) => features.includes(feature)),
      remote: this.#remote,
    };
  }

  #take(message: Exclude<ProxyMessage, Hello>, resources: SessionResources, nowMs: number): void {
    switch (message.message) {
      case "subscribe":
        resources.subscribe(message, message.revision);
        break;
      case "unsubscribe":
        resources.unsubscribe(message);
        break;
      case "ack":
        resources.acked(message, message.revision);
        break;
      case "nack":
        this.#host.log.warn("a proxy refused a revision", {
          session: this.id,
          resource: `${message.type} ${message.key}`,
          code: message.code,
          reason: message.reason,
        });
        resources.nacked(message, message.revision, `${message.code}: ${message.reason}`);
        break;
      case "report":
        this.#takeReport(message, nowMs);
        break;
      case "ping":
        this.#send({ message: "pong" });
        break;
      case "pong":
        break;
      case "error":
        this.#host.log.warn("a proxy reports a problem", {
          session: this.id,
          code: message.code,
          detail: message.detail,
          about: message.about,
        });
        break;
    }
  }

  #takeReport(report: Report, nowMs: number): void {
    if (nowMs - this.#reportedMs < this.#host.limits.reportIntervalMinMs) {
      this.#host.observer.turnedAway("report-too-soon");
      return;
    }
    this.#reportedMs = nowMs;
    if (this.#state.kind !== "live") return;
    const { info } = this.#state;
    const own = ownReport(report.body, info.identity);
    if (own !== report.body) this.#host.observer.turnedAway("foreign-report");
    this.#host.stats.reported(info, own);
  }

  /** Answers are not held back, so that they may not pile up either. */
  #send(message: OperatorMessage): void {
    if (this.#link.bufferedBytes > 2 * this.#host.limits.bufferedBytesMax) {
      if (message.message !== "error" && message.message !== "pong") return;
      this.#cut("slow-consumer");
      return;
    }
    this.#link.send(encodeMessage(message));
  }

  #isCongested(): boolean {
    return this.#link.bufferedBytes > this.#host.limits.bufferedBytesMax;
  }

  #complain(code: ControlErrorCode, detail: string, about: string): void {
    this.#send({ message: "error", code, detail, about });
  }

  /** Says why, and closes in good order. */
  #end(code: ControlErrorCode, detail: string, about: string): void {
    this.#host.observer.turnedAway(code);
    this.#complain(code, detail, about);
    this.#link.close(code === "going-away" ? CLOSE.goingAway : CLOSE.protocolError, code);
    this.closed();
  }

  /** Closes without a word: nobody is there to hear it. */
  #cut(reason: string): void {
    this.#host.observer.turnedAway(reason);
    this.#link.terminate();
    this.closed();
  }
}
