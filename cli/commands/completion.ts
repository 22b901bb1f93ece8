/** `heddle completion`: a script that teaches a shell the verbs, flags and kinds. */
import { EXIT } from "../../base/program.ts";
import { defineVerb } from "../command.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { type CompletedVerb, describeVerb } from "../completion/model.ts";
import { zshScript } from "../completion/zsh.ts";
import { PRODUCTS } from "../products.ts";

const SCRIPTS: Readonly<Record<string, (verbs: readonly CompletedVerb[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const completion = defineVerb(
  {
    name: "completion",
    summary: "print a script that completes commands in bash, zsh or fish",
    positionals: [{ name: "SHELL", values: ["bash", "zsh", "fish"] }],
    flags: {},
    examples: [
      { command: "source <(heddle completion bash)", meaning: "for this bash" },
      {
        command: 'heddle completion zsh > "$fpath[1]/_heddle"',
        meaning: "for every zsh from now on",
      },
      {
        command: "heddle completion fish > ~/.config/fish/completions/heddle.fish",
        meaning: "for every fish from now on",
      },
    ],
  },
  async ({ positionals: [shell = ""] }, { io, verbs, products }) => {
    const others = await Promise.all(PRODUCTS.map(({ name }) => products[name]()));
    const specs = [...verbs.map((verb) => verb.spec), ...others];
    const described = specs.map(describeVerb);
    const names = described.map(({ name }) => name);
    io.stdout.write(SCRIPTS[shell]?.(described.map((verb) => withNames(verb, names))) ?? "");
    return EXIT.ok;
  },
);

/** What `heddle help` may tell about is what there is. */
function withNames(verb: CompletedVerb, words: readonly string[]): CompletedVerb {
  if (verb.name !== "help") return verb;
  const places = verb.places.map((place) => ({
    ...place,
    value: { kind: "words", words } as const,
  }));
  return { ...verb, places };
}
