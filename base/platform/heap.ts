/** Settings of the JavaScript engine for a process that stands beside every application. */
import { setFlagsFromString } from "node:v8";

/**
 * Trades speed of the first seconds for private memory. The engine's middle compiler takes some
 * 10 MB while it works and gives little of it back, and the final one makes it superfluous; a
 * nursery that does not grow is collected more often, which costs little where nothing lives long.
 * Must run before code gets hot. Figures: docs/decisions.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--no-maglev");
  setFlagsFromString("--semi-space-growth-factor=1");
}
