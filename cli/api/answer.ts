/**
 * Reads answers of other programs field by field, from `unknown`. They may come from another
 * version, or from something that is not Heddle at all: what does not fit is named with its path,
 * and what is merely new is left alone.
 */

export type JsonObject = Readonly<Record<string, unknown>>;

/** An answer that is not what this version understands. */
export class AnswerError extends Error {
  constructor(path: string, wanted: string, value: unknown) {
    super(`${path === "" ? "the answer" : path} should be ${wanted}, and is ${nameOf(value)}`);
  }
}

/** One object of an answer, with where it stands, for messages. */
export class Answer {
  readonly #object: JsonObject;
  readonly #path: string;

  constructor(value: unknown, path = "") {
    if (!isObject(value)) throw new AnswerError(path, "an object", value);
    this.#object = value;
    this.#path = path;
  }

  text(name: string): string {
    return this.#read(name, "a string", (value) => typeof value === "string");
  }

  /** The text, or `fallback` where the field is absent. */
  textOr(name: string, fallback: string): string {
    return this.has(name) ? this.text(name) : fallback;
  }

  number(name: string): number {
    return this.#read(name, "a number", (value) => typeof value === "number");
  }

  numberOr(name: string, fallback: number): number {
    return this.has(name) ? this.number(name) : fallback;
  }

  numberOrNull(name: string): number | null {
    return this.has(name) ? this.number(name) : null;
  }

  flag(name: string): boolean {
    return this.#read(name, "true or false", (value) => typeof value === "boolean");
  }

  flagOr(name: string, fallback: boolean): boolean {
    return this.has(name) ? this.flag(name) : fallback;
  }

  object(name: string): Answer {
    return new Answer(this.#object[name], this.#at(name));
  }

  objectOrNull(name: string): Answer | null {
    return this.has(name) ? this.object(name) : null;
  }

  list<T>(name: string, readItem: (item: Answer) => T): readonly T[] {
    return this.#array(name).map((item, index) =>
      readItem(new Answer(item, `${this.#at(name)}[${index}]`)),
    );
  }

  listOrEmpty<T>(name: string, readItem: (item: Answer) => T): readonly T[] {
    return this.has(name) ? this.list(name, readItem) : [];
  }

  numbersOrEmpty(name: string): readonly number[] {
    if (!this.has(name)) return [];
    return this.#array(name).map((item, index) => {
      if (typeof item === "number") return item;
      throw new AnswerError(`${this.#at(name)}[${index}]`, "a number", item);
    });
  }

  texts(name: string): readonly string[] {
    if (!this.has(name)) return [];
    return this.#array(name).map((item, index) => {
      if (typeof item === "string") return item;
      throw new AnswerError(`${this.#at(name)}[${index}]`, "a string", item);
    });
  }

  /** A word of a closed set. */
  word<const W extends string>(name: string, words: readonly W[]): W {
    const text = this.text(name);
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new AnswerError(this.#at(name), words.join("|"), text);
    return word;
  }

  has(name: string): boolean {
    const value = this.#object[name];
    return value !== undefined && value !== null;
  }

  /** The object as it came, for `-o json`. */
  get raw(): JsonObject {
    return this.#object;
  }

  #array(name: string): readonly unknown[] {
    return this.#read(name, "a list", (value) => Array.isArray(value));
  }

  #read<T>(name: string, wanted: string, fits: (value: unknown) => value is T): T {
    const value = this.#object[name];
    if (!fits(value)) throw new AnswerError(this.#at(name), wanted, value);
    return value;
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : typeof value;
}
