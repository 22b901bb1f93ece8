/** What a session needs of the publisher that it belongs to. */
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Program } from "../../mesh/control-messages.ts";
import type { StatSink } from "../stats/stat-sink.ts";
import type { Frames } from "./frames.ts";
import type { PublishLimits } from "./publish-limits.ts";
import type { ProgrammedSink, PublishObserver, ResourceTable } from "./resources.ts";
import type { Session } from "./session.ts";
import type { SessionResources } from "./session-resources.ts";
import type { Subscription } from "./subscription.ts";

export interface SessionHost {
  readonly resources: ResourceTable;
  readonly programmed: ProgrammedSink;
  readonly observer: PublishObserver;
  readonly stats: StatSink;
  readonly frames: Frames;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: PublishLimits;
  readonly heartbeatMs: number;
  readonly operator: Program;
  /** From now on a change of the resource concerns this session. */
  index(owner: SessionResources, subscription: Subscription): void;
  unindex(owner: SessionResources, subscription: Subscription): void;
  closed(session: Session): void;
}
