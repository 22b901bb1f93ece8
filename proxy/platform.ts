/**
 * What a proxy is given by whoever starts it: the machine as capabilities, and what there is one of
 * in its process. The thread that serves needs some more, and so does one that has others serve.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import type { Timers } from "../base/timers.ts";
import type { RegexCompiler } from "../mesh/regex-engine.ts";
import type { ControlConnector } from "./control/connector.ts";
import type { Inherited } from "./lifecycle/inherited-sockets.ts";
import type { ProcessControl } from "./lifecycle/successor.ts";
import type { OpenSockets } from "./net/open-sockets.ts";
import type { Network } from "./net/stream.ts";
import type { ProcessFigures } from "./telemetry/process-metrics.ts";

export interface Platform {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly network: Network;
  /** What the network counts. */
  readonly sockets: OpenSockets;
  readonly connect: ControlConnector;
  readonly loadRegexes: () => Promise<RegexCompiler>;
  readonly process: ProcessFigures;
  /** Sockets that were opened before this process. */
  readonly inherited: Inherited;
  /** A second descriptor of a listening socket, which stays open when the first is closed. */
  readonly duplicateDescriptor: (fd: number) => Promise<number>;
  readonly control: ProcessControl;
}
