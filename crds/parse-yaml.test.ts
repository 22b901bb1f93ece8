import { describe, expect, it } from "vitest";
import { parseYaml } from "./parse-yaml.ts";

function errorsOf(text: string): readonly string[] {
  const document = parseYaml(text);
  return typeof document === "string" ? [document] : document.errors.map(({ message }) => message);
}

describe("a document", () => {
  it.each(["]\n", "a: ]\n", "- }\n"])("of nothing but %j is given up soon", (line) => {
    const errors = errorsOf(line.repeat(50_000));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(10);
    expect(errors[0]).toContain("Unexpected flow-");
  });

  it("is the first where there are several", () => {
    const document = parseYaml("a: 1\n---\nb: 2\n");
    expect(typeof document === "string" ? document : document.toJS()).toEqual({ a: 1 });
  });

  it("may hold nothing", () => {
    const document = parseYaml("# nothing\n");
    expect(typeof document === "string" ? document : document.contents).toBeNull();
  });
});
