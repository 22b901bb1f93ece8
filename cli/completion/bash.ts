/** Completion for bash, which needs nothing but bash itself. */
import type { CompletedValue, CompletedVerb } from "./model.ts";

export function bashScript(verbs: readonly CompletedVerb[]): string {
  return `# bash completion for heddle
_heddle() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local verb="" places=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      -*) ;;
      *) if [[ -z $verb ]]; then verb="\${COMP_WORDS[i]}"; else places=$((places + 1)); fi ;;
    esac
  done
  COMPREPLY=()
  if [[ -z $verb ]]; then
    COMPREPLY=($(compgen -W "${verbs.map((verb) => verb.name).join(" ")}" -- "$cur"))
    return
  fi
  case "$verb:$prev" in
${verbs.map(valueCases).join("")}  esac
  if [[ $cur == -* ]]; then
    case "$verb" in
${verbs.map(flagCase).join("")}    esac
    return
  fi
  case "$verb:$places" in
${verbs.map(placeCases).join("")}  esac
}
complete -o default -F _heddle heddle
`;
}

function valueCases(verb: CompletedVerb): string {
  return verb.flags
    .filter((flag) => flag.takesValue)
    .map((flag) => {
      const names = [`${verb.name}:--${flag.name}`];
      if (flag.short !== "") names.push(`${verb.name}:-${flag.short}`);
      return `    ${names.join("|")}) ${offer(flag.value)}; return ;;\n`;
    })
    .join("");
}

function flagCase(verb: CompletedVerb): string {
  const words = verb.flags.map((flag) => `--${flag.name}`).join(" ");
  return `      ${verb.name}) COMPREPLY=($(compgen -W "${words}" -- "$cur")) ;;\n`;
}

function placeCases(verb: CompletedVerb): string {
  return verb.places
    .map((place, index) => {
      const pattern = place.repeatable ? "*" : String(index);
      return `    ${verb.name}:${pattern}) ${offer(place.value)} ;;\n`;
    })
    .join("");
}

function offer(value: CompletedValue): string {
  switch (value.kind) {
    case "words":
      return `COMPREPLY=($(compgen -W "${value.words.join(" ")}" -- "$cur"))`;
    case "files":
      return `COMPREPLY=($(compgen -f -- "$cur"))`;
    case "folders":
      return `COMPREPLY=($(compgen -d -- "$cur"))`;
    case "free":
      return "COMPREPLY=()";
  }
}
