import { expect, test } from "vitest";
import { YamlBudget } from "./yaml-budget.ts";

function codeOf(text: string): string | undefined {
  return new YamlBudget().excess(text)?.code;
}

test("a long JSON document on one line is not deep", () => {
  const endpoints = Array.from({ length: 200 }, (_, i) => ({ addresses: [`10.0.0.${i}`] }));
  expect(codeOf(`${JSON.stringify({ kind: "EndpointSlice", endpoints })}\n`)).toBeUndefined();
});

test.each([
  ["brackets", "[".repeat(200)],
  ["braces", '{"a":'.repeat(200)],
  ["dashes on one line", "- ".repeat(200)],
  ["brackets behind dashes", `${"- ".repeat(60)}${"[".repeat(60)}`],
])("what nests without end is found: %s", (_, text) => {
  expect(codeOf(text)).toBe("too-deep");
});
