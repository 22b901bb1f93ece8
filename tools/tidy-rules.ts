/** The rules of tidiness as data: limits, names, words, and the few who may break them. */

export const LINE_CHARS_MAX = 100;
export const FILE_LINES_MAX = 500;
export const FUNCTION_LINES_MAX = 70;

/** Parser loops: one state machine reads better in one place. `path#function`, with the reason. */
export const LONG_FUNCTIONS: Readonly<Record<string, string>> = {};

/** Names that say nothing about what is inside, of files and of folders. */
export const EMPTY_NAMES = ["utils", "util", "helpers", "helper", "common", "types", "misc"];

/** Says nothing of a file; a folder may well hold an index. */
export const EMPTY_FILE_NAMES = [...EMPTY_NAMES, "index"];

/** Marks of unfinished work, and paths of one machine. */
export const BANNED_TEXT: readonly { readonly pattern: RegExp; readonly mend: string }[] = [
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, mend: "do it, or write down what is so and why" },
  { pattern: /(?<![\w.~])\/(?:home|Users|work)\/\w+/, mend: "name no path of one machine" },
  { pattern: /@ts-ignore|@ts-nocheck/, mend: "use @ts-expect-error with the reason, or types" },
];

/** Globals that a linter cannot forbid by folder, and what to use in their place. */
export const BANNED_MEMBERS: Readonly<Record<string, string>> = {
  "Math.random": "take Random (base/random.ts)",
  "process.": "take ProgramIo (base/program.ts), or what main.ts hands in",
};

/** Where the machine itself may be used. */
export function mayUseMachine(path: string): boolean {
  return (
    /^(?:base\/platform|bin|tools|test|bench|demo)\//.test(path) ||
    path.endsWith("/main.ts") ||
    path.endsWith(".test.ts") ||
    !path.includes("/")
  );
}
