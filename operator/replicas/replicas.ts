/**
 * What makes several operators one: how the sessions of this replica stand is told to the leader as
 * well; those of others come in by the same port, and are told apart by who is at the other end.
 */

import type { Metrics } from "../../base/metrics.ts";
import type { ControlLink } from "../../mesh/control-link.ts";
import type { Peer } from "../publish/peer.ts";
import type { ControlAcceptor, ControlEnd } from "../publish/server-link.ts";
import { LeaderLink, type LeaderLinkOptions } from "./leader-link.ts";
import { ReplicaHub, type ReplicaHubOptions } from "./replica-hub.ts";
import { parseReplicaMessage } from "./replica-messages.ts";
import { SessionReports } from "./session-reports.ts";

export interface ReplicasOptions
  extends Omit<LeaderLinkOptions, "reports">,
    Omit<ReplicaHubOptions, "leads"> {
  readonly metrics: Metrics;
}

export class Replicas {
  /** Where the publisher says how its sessions stand. */
  readonly reports: SessionReports;
  readonly #link: LeaderLink;
  readonly #hub: ReplicaHub;
  #leads = false;

  constructor(options: ReplicasOptions) {
    const { table, metrics } = options;
    this.reports = new SessionReports({ table });
    this.#link = new LeaderLink({ ...options, reports: this.reports });
    this.#hub = new ReplicaHub({ ...options, leads: () => this.#leads });
    metrics.observe({
      name: "heddle_operator_replicas",
      help: "Other operators that tell this one, which leads, of their proxies.",
      type: "gauge",
      read: (emit) => emit(this.#hub.replicaCount),
    });
    metrics.observe({
      name: "heddle_operator_leader_link",
      help: "1 while this operator leads, or tells the one that does of its proxies.",
      type: "gauge",
      read: (emit) => emit(this.#leads || this.#link.isLive ? 1 : 0),
    });
  }

  /** Where others lead; empty where this one does, or nobody. */
  leaderSeen(address: string): void {
    if (!this.#leads) this.#link.follow(address);
  }

  leadershipChanged(leads: boolean): void {
    this.#leads = leads;
    if (leads) this.#link.follow("");
    this.#hub.leadershipChanged();
  }

  /** Takes other operators, and leaves everybody else to the publisher. */
  accept(publisher: ControlAcceptor, link: ControlLink, remote: string, peer: Peer) {
    if (peer.kind === "proxy") return publisher.accept(link, remote, peer);
    if (peer.kind === "operator") return this.#hub.accept(link, remote);
    const end = publisher.accept(link, remote, peer);
    return end === undefined ? undefined : new LocalEnd(end, () => this.#hub.accept(link, remote));
  }

  stop(): void {
    this.#link.stop();
    this.#hub.stop();
  }
}

/** What takes connections where there are replicas. */
export function beside(replicas: Replicas, publisher: ControlAcceptor): ControlAcceptor {
  return { accept: (link, remote, peer) => replicas.accept(publisher, link, remote, peer) };
}

/** On this machine who comes is believed what it says: its first message tells what it is. */
class LocalEnd implements ControlEnd {
  readonly #asReplica: () => ControlEnd | undefined;
  #end: ControlEnd | undefined;
  #isKnown = false;

  constructor(asProxy: ControlEnd, asReplica: () => ControlEnd | undefined) {
    this.#end = asProxy;
    this.#asReplica = asReplica;
  }

  receive(text: string): void {
    const isReplica = !this.#isKnown && parseReplicaMessage(text)?.message === "replica";
    this.#isKnown = true;
    if (isReplica) {
      this.#end?.closed();
      this.#end = this.#asReplica();
    }
    this.#end?.receive(text);
  }

  receivedBelow(): void {
    this.#end?.receivedBelow();
  }

  drained(): void {
    this.#end?.drained();
  }

  closed(): void {
    this.#end?.closed();
  }
}
