/** An owner for tests: what a detection told, as plain words, and what was handed over. */
import type { ClientHello } from "../../wire/tls/client-hello.ts";
import type { CloseReason, StreamHandler } from "../net/stream.ts";
import type { DetectedProtocol, Detection, DetectionOwner } from "./detection.ts";

export class RecordingOwner implements DetectionOwner {
  /** `silent`, `http1`, `ended: reset`. */
  readonly events: string[] = [];
  hello: ClientHello | null = null;
  protocol: DetectedProtocol | null = null;
  /** Called when the protocol is known, as an owner that hands over at once would be. */
  onDetected: () => void = () => {};

  silent(): void {
    this.events.push("silent");
  }

  detected(protocol: DetectedProtocol, hello: ClientHello | null): void {
    this.events.push(protocol);
    this.protocol = protocol;
    this.hello = hello;
    this.onDetected();
  }

  detectionEnded(reason: CloseReason): void {
    this.events.push(`ended: ${reason}`);
  }

  /** From now on hands over in the moment of the decision. */
  takeAtOnce(detection: Detection): RecordingHandler {
    const handler = new RecordingHandler();
    this.onDetected = () => detection.handOver(handler);
    return handler;
  }
}

/** What a handler was given, joined, because how bytes were cut says nothing. */
export class RecordingHandler implements StreamHandler {
  text = "";
  /** Where the bytes lay that were given first. */
  firstBytes: Uint8Array | null = null;
  readCount = 0;
  readEnds = 0;
  closed: CloseReason | null = null;

  onConnected(): void {}

  onRead(bytes: Uint8Array, start: number, end: number): void {
    this.firstBytes ??= bytes;
    this.readCount += 1;
    this.text += Buffer.from(bytes.subarray(start, end)).toString("latin1");
  }

  onReadEnd(): void {
    this.readEnds += 1;
  }

  onWritable(): void {}

  onClosed(reason: CloseReason): void {
    this.closed = reason;
  }
}
