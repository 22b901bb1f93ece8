import { describe, expect, it } from "vitest";
import { runVerb, VERBS } from "../main.ts";
import { createMemoryContext } from "../memory-context.ts";
import { PRODUCTS } from "../products.ts";

describe("heddle help", () => {
  it("leaves no command out", async () => {
    const context = createMemoryContext({});
    await runVerb(["help"], context);
    const names = [...VERBS.map(({ spec }) => spec.name), ...PRODUCTS.map(({ name }) => name)];
    const missing = names.filter((name) => !context.io.stdout.text.includes(`\n  ${name} `));
    expect(missing).toEqual([]);
  });
});
