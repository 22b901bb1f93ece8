/**
 * Colour for people. Only a terminal that wants it gets any: pipes, files and `NO_COLOR` get the
 * bare text, so that what a script reads never changes with where it runs.
 */

/** What a piece of text says, not how it looks. */
export type Tone = "plain" | "good" | "warn" | "bad" | "dim" | "strong";

/** Dresses text in a tone, or leaves it as it is. */
export type Paint = (tone: Tone, text: string) => string;

const SGR: Readonly<Record<Tone, string>> = {
  plain: "",
  good: "32",
  warn: "33",
  bad: "31",
  dim: "2",
  strong: "1",
};

/** Leaves every text as it is. */
export const plainPaint: Paint = (_tone, text) => text;

const ansiPaint: Paint = (tone, text) =>
  tone === "plain" || text === "" ? text : `\u001b[${SGR[tone]}m${text}\u001b[0m`;

/** What decides about colour; see https://no-color.org for the variable. */
export interface PaintOptions {
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The paint for one output stream. */
export function choosePaint(options: PaintOptions): Paint {
  const { NO_COLOR: noColor = "", TERM: term = "" } = options.environment;
  return options.isTerminal && noColor === "" && term !== "dumb" ? ansiPaint : plainPaint;
}
