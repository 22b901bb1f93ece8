/** Prometheus' text format 0.0.4, one series at a time. */
import { BUCKET_COUNT, bucketOf, Histogram } from "./histogram.ts";
import type { Series } from "./metric-family.ts";
import type { Slot } from "./metric-slots.ts";

/** What the content is called in an HTTP answer. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

interface Described {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
}

/**
 * Bounds that are shown: the doublings from 125 µs to 65 s, which are bounds of the fine buckets
 * too, so that what is shown is exact.
 */
const SHOWN_BOUNDS_MS: readonly number[] = Array.from({ length: 20 }, (_, power) => 2 ** power / 8);

interface ShownBound {
  /** The first fine bucket that is above the bound. */
  readonly endBucket: number;
  readonly label: Readonly<Record<"s" | "ms", string>>;
}

const SHOWN: readonly ShownBound[] = SHOWN_BOUNDS_MS.map((boundMs) => ({
  endBucket: bucketOf(boundMs),
  label: { ms: `le="${boundMs}"`, s: `le="${formatNumber(inUnit(boundMs, "s"))}"` },
}));

export function formatHeader({ name, help, type }: Described): string {
  const escaped = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return `# HELP ${name} ${escaped}\n# TYPE ${name} ${type}\n`;
}

export function formatSample(name: string, labelText: string, value: number): string {
  return labelText === ""
    ? `${name} ${formatNumber(value)}\n`
    : `${name}{${labelText}} ${formatNumber(value)}\n`;
}

export function formatSeries(
  family: Described & { readonly unit: "s" | "ms" },
  series: Series<Slot>,
): string {
  const { slot } = series;
  return slot instanceof Histogram
    ? formatHistogram(family.name, series.labelText, slot, family.unit)
    : formatSample(family.name, series.labelText, slot.value);
}

/** `le` is inclusive to Prometheus and exclusive here: nobody can see the difference in a clock. */
function formatHistogram(
  name: string,
  labelText: string,
  histogram: Histogram,
  unit: "s" | "ms",
): string {
  const open = labelText === "" ? `${name}_bucket{` : `${name}_bucket{${labelText},`;
  let text = "";
  let total = 0;
  let bucket = 0;
  for (const shown of SHOWN) {
    for (; bucket < shown.endBucket; bucket += 1) total += histogram.countAt(bucket);
    text += `${open}${shown.label[unit]}} ${total}\n`;
  }
  for (; bucket < BUCKET_COUNT; bucket += 1) total += histogram.countAt(bucket);
  text += `${open}le="+Inf"} ${total}\n`;
  text += formatSample(`${name}_sum`, labelText, inUnit(histogram.sumMs, unit));
  return text + formatSample(`${name}_count`, labelText, total);
}

function inUnit(valueMs: number, unit: "s" | "ms"): number {
  return unit === "ms" ? valueMs : valueMs / 1000;
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
