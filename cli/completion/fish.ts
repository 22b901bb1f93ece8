/** Completion for fish, one `complete` command for each thing to offer. */
import type { CompletedFlag, CompletedValue, CompletedVerb } from "./model.ts";

export function fishScript(verbs: readonly CompletedVerb[]): string {
  const lines = ["# fish completion for heddle", "complete -c heddle -f"];
  for (const verb of verbs) {
    const words = `-a ${verb.name} -d ${quote(verb.summary)}`;
    lines.push(`complete -c heddle -n __fish_use_subcommand ${words}`);
  }
  for (const verb of verbs) {
    const scope = `complete -c heddle -n ${quote(`__fish_seen_subcommand_from ${verb.name}`)}`;
    for (const flag of verb.flags) lines.push(`${scope} ${flagPart(flag)}`);
    for (const place of verb.places) {
      const offered = offer(place.value);
      if (offered !== "") lines.push(`${scope} ${offered}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function flagPart(flag: CompletedFlag): string {
  const short = flag.short === "" ? "" : `-s ${flag.short} `;
  const value = flag.takesValue ? ` ${required(flag.value)} ${offer(flag.value)}` : "";
  return `${short}-l ${flag.name}${value.trimEnd()} -d ${quote(flag.help)}`;
}

/** Without it fish offers places behind the flag, and files too if it does not exclude them. */
function required(value: CompletedValue): string {
  return value.kind === "files" ? "-r" : "-x";
}

function offer(value: CompletedValue): string {
  switch (value.kind) {
    case "words":
      return `-a ${quote(value.words.join(" "))}`;
    case "files":
      return "-F";
    case "folders":
      return "-a '(__fish_complete_directories)'";
    case "free":
      return "";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
