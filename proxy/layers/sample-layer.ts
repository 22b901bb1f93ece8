/** The end of a stack to test the layer next to it with. */
import type { Fault } from "../../base/fault.ts";
import type { Head } from "../../wire/http1/head.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { Layer } from "./layer.ts";

/** Remembers what came to it. */
export class SampleLayer extends Layer {
  readonly events: string[] = [];
  /** What to do when something is started; nothing by default. */
  onStart: (exchange: Exchange) => void = () => {};

  override start(exchange: Exchange): void {
    this.events.push("start");
    this.onStart(exchange);
  }

  override cancel(): void {
    this.events.push("cancel");
  }

  override discard(): void {
    this.events.push("discard");
  }

  override informational(_exchange: Exchange, head: Head): void {
    this.events.push(`informational ${head.status}`);
  }

  override head(_exchange: Exchange, head: Head): void {
    this.events.push(`head ${head.status}`);
  }

  override end(): void {
    this.events.push("end");
  }

  override fault(_exchange: Exchange, fault: Fault): void {
    this.events.push(`fault ${fault.code}`);
  }
}
