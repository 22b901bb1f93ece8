import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "./targets.ts";

const root = join(import.meta.dirname, "..", "..");

describe("generated files", () => {
  it.each(generatedFiles().map((file) => [file.path, file.text] as const))(
    "%s is what `make generate` writes",
    (path, text) => {
      expect(readFileSync(join(root, path), "utf8") === text).toBe(true);
    },
  );
});
