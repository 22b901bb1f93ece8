import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../base/program.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext, type MemoryContextOptions } from "../memory-context.ts";

const GOOD = `apiVersion: heddle.mesh/v1alpha1
kind: TrafficSplit
metadata: { name: web, namespace: shop }
spec:
  service: web
  backends:
    - service: web-v1
      weight: 1
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web-v1, namespace: shop }
spec: { ports: [{ port: 80 }] }
`;
const MISSPELT = GOOD.replace("weight", "wieght");
const NOT_OURS = `${GOOD}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n`;

async function lint(stdin: string, args = "", options: MemoryContextOptions = {}) {
  const context = createMemoryContext({ stdin, ...options });
  const line = `lint ${args} -`.split(" ").filter((word) => word !== "");
  const code = await runVerb(line, context);
  return { code, stdout: context.io.stdout.text, stderr: context.io.stderr.text };
}

describe("heddle lint", () => {
  it("has nothing to say about what is right", async () => {
    const { code, stdout } = await lint(GOOD);
    expect(stdout).toBe("0 errors, 0 warnings, 0 notes in 1 file\n");
    expect(code).toBe(EXIT.ok);
  });

  it("names file, line, column, object and field, and the key that was meant", async () => {
    const { code, stdout } = await lint(MISSPELT);
    expect(code).toBe(EXIT.failed);
    expect(stdout).toMatch(/^<stdin>:8:7: error: TrafficSplit shop\/web: spec\.backends\[0\]/m);
    expect(stdout).toContain('did you mean "weight"?');
    expect(stdout).toMatch(/^[1-9]\d* errors?, /m);
  });

  it("says where it found no file at all", async () => {
    const folder = await mkdtemp(join(tmpdir(), "heddle-lint-"));
    const context = createMemoryContext();
    expect(await runVerb(["lint", folder], context)).toBe(EXIT.ok);
    expect(context.io.stderr.text).toBe("there are no .yaml, .yml or .json files there\n");
  });

  it("leaves notes out when asked", async () => {
    expect((await lint(NOT_OURS)).stdout).toContain("note: ");
    const { code, stdout } = await lint(NOT_OURS, "--quiet");
    expect(stdout).toBe("0 errors, 0 warnings, 0 notes in 1 file\n");
    expect(code).toBe(EXIT.ok);
  });

  it("fails on warnings with --strict", async () => {
    const dangling = GOOD.slice(0, GOOD.lastIndexOf("---"));
    const lax = await lint(dangling);
    expect(lax.stdout).toContain("warning: ");
    expect(lax.code).toBe(EXIT.ok);
    expect((await lint(dangling, "--strict")).code).toBe(EXIT.failed);
  });

  it("tells programs the same", async () => {
    const { code, stdout } = await lint(MISSPELT, "-o json");
    const { errors, files, problems } = JSON.parse(stdout);
    expect({ code, errors: errors > 0, files }).toEqual({ code: 1, errors: true, files: 1 });
    expect(problems).toContainEqual(
      expect.objectContaining({ file: "<stdin>", line: 8, code: "unknown-field" }),
    );
  });

  it("colours the severity on a terminal alone", async () => {
    expect((await lint(MISSPELT, "", { isTerminal: true })).stdout).toContain(
      "\u001b[31merror\u001b[0m: ",
    );
    expect((await lint(MISSPELT)).stdout).not.toContain("\u001b");
  });

  it("wants at least one path", async () => {
    const context = createMemoryContext();
    expect(await runVerb(["lint"], context)).toBe(EXIT.usage);
    expect(context.io.stderr.text).toContain("PATH is missing");
  });
});
