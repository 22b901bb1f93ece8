/** Completion for bash, which needs nothing but bash itself. */
import type { CompletedFlag, CompletedValue, CompletedVerb } from "./model.ts";

export function bashScript(verbs: readonly CompletedVerb[]): string {
  return `# bash completion for heddle
_heddle() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local verb="" places=0 i
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ -z $verb ]]; then
      [[ \${COMP_WORDS[i]} == -* ]] || verb="\${COMP_WORDS[i]}"
      continue
    fi
    # bash parts "--flag=value" at "=": the value is the second word after its flag, else the first.
    case "$verb:\${COMP_WORDS[i]}" in
${verbs.map(skipCase).join("")}      *:-*) ;;
      *) places=$((places + 1)) ;;
    esac
  done
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $prev == "=" ]]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
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

function skipCase(verb: CompletedVerb): string {
  const names = verb.flags.filter((flag) => flag.takesValue).map((flag) => patterns(verb, flag));
  if (names.length === 0) return "";
  const skip = `[[ \${COMP_WORDS[i+1]} == "=" ]] && i=$((i + 2)) || i=$((i + 1))`;
  return `      ${names.join("|")}) ${skip} ;;\n`;
}

function valueCases(verb: CompletedVerb): string {
  return verb.flags
    .filter((flag) => flag.takesValue)
    .map((flag) => `    ${patterns(verb, flag)}) ${offer(flag.value)}; return ;;\n`)
    .join("");
}

function patterns(verb: CompletedVerb, { name, short }: CompletedFlag): string {
  const long = `${verb.name}:--${name}`;
  return short === "" ? long : `${long}|${verb.name}:-${short}`;
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
