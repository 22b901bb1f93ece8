/** Completion for zsh, written for its `_arguments`. */
import type { CompletedFlag, CompletedValue, CompletedVerb } from "./model.ts";

export function zshScript(verbs: readonly CompletedVerb[]): string {
  const names = verbs.map((verb) => `    ${quote(`${verb.name}:${verb.summary}`)}\n`).join("");
  return `#compdef heddle
# zsh completion for heddle
_heddle() {
  local -a verbs
  verbs=(
${names}  )
  if (( CURRENT == 2 )); then
    _describe -t commands 'heddle command' verbs
    return
  fi
  local verb="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$verb" in
${verbs.map(verbCase).join("")}  esac
}
if [ "$funcstack[1]" = "_heddle" ]; then
  _heddle "$@"
else
  compdef _heddle heddle
fi
`;
}

function verbCase(verb: CompletedVerb): string {
  const specs = verb.flags.flatMap(flagSpecs);
  verb.places.forEach((place, index) => {
    const where = place.repeatable ? "*" : String(index + 1);
    specs.push(quote(`${where}:${escapeSpec(place.name)}:${action(place.value)}`));
  });
  const lines = specs.map((spec) => `        ${spec}`).join(" \\\n");
  return `    ${verb.name})\n      _arguments \\\n${lines}\n      ;;\n`;
}

function flagSpecs(flag: CompletedFlag): readonly string[] {
  // With "=", a value may stand behind that or as the next word.
  const names = [`--${flag.name}${flag.takesValue ? "=" : ""}`];
  if (flag.short !== "") names.push(`-${flag.short}`);
  const repeat = flag.repeatable ? "*" : "";
  const value = flag.takesValue ? `:${escapeSpec(flag.valueName)}:${action(flag.value)}` : "";
  return names.map((name) => quote(`${repeat}${name}[${escapeSpec(flag.help)}]${value}`));
}

function action(value: CompletedValue): string {
  switch (value.kind) {
    case "words":
      return `(${value.words.join(" ")})`;
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "free":
      return " ";
  }
}

function escapeSpec(text: string): string {
  return text.replace(/[[\]:\\]/g, (character) => `\\${character}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
