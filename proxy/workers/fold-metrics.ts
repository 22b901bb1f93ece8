/**
 * One page of metrics for all workers, as if there were only one: what was counted is added up. The
 * main thread's own families stand for what the workers say of the same, because they tell of the
 * process and of its operator.
 */

/** Facts that every worker has learnt, rather than its part of something: the largest is shown. */
const NOT_ADDED = [
  "heddle_endpoints",
  "heddle_endpoints_kept",
  "heddle_endpoints_breaker",
  "heddle_discovery_backends",
  "heddle_interception_proven",
  "heddle_loop_delay_max_seconds",
];

/** Families that both have a part in. */
const ADDED_TO_OWN = ["heddle_refused_connections_total", "heddle_metrics_series_overflow_total"];

interface Family {
  header: string;
  /** By name and labels, in the order in which they were first met. */
  readonly samples: Map<string, number>;
}

/** All in the text format 0.0.4, as `Metrics.expose` writes it. */
export function foldMetrics(own: string, workers: readonly string[]): string {
  const folded = new Map<string, Family>();
  for (const text of workers) addTo(folded, readFamilies(text));
  for (const [name, family] of readFamilies(own)) {
    if (ADDED_TO_OWN.includes(name)) addTo(folded, new Map([[name, family]]));
    else folded.set(name, family);
  }
  let text = "";
  for (const { header, samples } of folded.values()) {
    text += header;
    for (const [series, value] of samples) text += `${series} ${formatValue(value)}\n`;
  }
  return text;
}

function addTo(folded: Map<string, Family>, families: ReadonlyMap<string, Family>): void {
  for (const [name, { header, samples }] of families) {
    let family = folded.get(name);
    if (family === undefined) {
      family = { header, samples: new Map() };
      folded.set(name, family);
    }
    const isAdded = !NOT_ADDED.includes(name);
    for (const [series, value] of samples) {
      const before = family.samples.get(series);
      if (before === undefined) family.samples.set(series, value);
      else family.samples.set(series, isAdded ? before + value : Math.max(before, value));
    }
  }
}

function readFamilies(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let family: Family = { header: "", samples: new Map() };
  for (const line of text.split("\n")) {
    if (line.startsWith("# HELP ")) {
      const name = line.slice(7, line.indexOf(" ", 7));
      family = { header: "", samples: new Map() };
      families.set(name, family);
    }
    if (line.startsWith("#")) family.header += `${line}\n`;
    else if (line !== "") {
      // Values hold no blanks; labels may.
      const at = line.lastIndexOf(" ");
      family.samples.set(line.slice(0, at), readValue(line.slice(at + 1)));
    }
  }
  return families;
}

function readValue(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}
