/**
 * Manifests with mistakes in them, made from those that we show: every mistake is told, with its
 * place and what to do; what stands beside it is read as before; and whoever reads them, lint, the
 * operator's folder or the webhook, says the same.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeCanonical } from "../../base/canonical-json.ts";
import { silentLog } from "../../base/log.ts";
import { createSeededRandom } from "../../base/random.ts";
import { isRecord } from "../../base/shape.ts";
import { ManualTimers } from "../../base/timers.ts";
import { lintFiles } from "../../crds/lint.ts";
import { type ManifestsRead, readManifests } from "../../crds/read-manifests.ts";
import { DEFAULT_READ_OPTIONS, type ReadObject } from "../../crds/read-object.ts";
import { readDestination } from "../../mesh/check-body.ts";
import { formatProblem, type Problem } from "../../mesh/problem.ts";
import { compileService } from "../../operator/index/compile-service.ts";
import { nothingDirty, ObjectView } from "../../operator/index/object-view.ts";
import { createManifestReader } from "../../operator/sources/folder/read-with-kinds.ts";
import { objectId } from "../../operator/sources/object-source.ts";
import { Validator } from "../../webhook/validation/validator.ts";
import { podReview } from "../harness/reviews.ts";
import { makeMistakes } from "./mistake.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILE = "m.yaml";
/** With names, all that is said of one mistake. */
const LINE_CHARS_MAX = 1_500;

const read = createManifestReader(DEFAULT_READ_OPTIONS);
const validator = createValidator();

function createValidator(): Validator {
  const { clock } = new ManualTimers();
  const validated = (kind: string, outcome: string): void => {
    if (outcome === "failed") throw new Error(`the webhook failed at a ${kind}`);
  };
  return new Validator({
    ...{ readOptions: DEFAULT_READ_OPTIONS, clock, log: silentLog, observer: { validated } },
    objects: { isComplete: true, beside: (object) => [object] },
  });
}

/** The samples, and each kind's examples with the services that they may speak of. */
function ownManifests(): readonly string[] {
  const texts = (pattern: string) =>
    globSync(pattern, { cwd: ROOT })
      .sort()
      .map((file) => readFileSync(join(ROOT, file), "utf8"));
  const services = ["web", "orders", "books", "front", "cart"].map(service).join("");
  const examples = texts("crds/*/examples/*.yaml").map((text) => `${text}${services}`);
  return [...texts("config/samples/**/*.yaml"), ...examples];
}

function service(name: string): string {
  const metadata = `metadata: { name: ${name}, namespace: shop }`;
  return `---\napiVersion: v1\nkind: Service\n${metadata}\nspec: { ports: [{ port: 80 }] }\n`;
}

const OWN = ownManifests();

function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === "error");
}

function expectTold(text: string, found: ManifestsRead): void {
  const problems = [...found.problems, ...found.objects.flatMap((object) => object.problems)];
  const lineCount = text.split("\n").length;
  for (const problem of errorsOf(problems)) {
    const line = formatProblem(problem);
    expect(problem.file, line).toBe(FILE);
    expect(problem.message, line).not.toBe("");
    expect(line.length, line).toBeLessThan(LINE_CHARS_MAX);
    if (problem.code === "not-text") continue;
    expect(problem.line, line).toBeGreaterThan(0);
    expect(problem.line, line).toBeLessThanOrEqual(lineCount);
    if (problem.code === "bad-yaml") expect(problem.hint, line).not.toBe("");
  }
  for (const { object, problems: own } of found.objects) {
    expect(object === null, own.map(formatProblem).join()).toBe(errorsOf(own).length > 0);
  }
  if (found.unreadable > 0) expect(errorsOf(found.problems).length).toBeGreaterThan(0);
}

/** Whatever lint says of an object by itself, the others say. */
function expectAgreement(text: string, found: ManifestsRead): void {
  const linted = new Set(
    lintFiles([{ file: FILE, bytes: new TextEncoder().encode(text) }]).map(formatProblem),
  );
  const folder = read(text, FILE);
  const said = [...folder.problems, ...folder.objects.flatMap((object) => object.problems)];
  for (const problem of said) expect(linted).toContain(formatProblem(problem));
  for (const object of found.objects) expectSameOfWebhook(object);
}

function expectSameOfWebhook({ raw, identity, object, problems }: ReadObject): void {
  // Nothing else ever gets past an API server.
  if (!isRecord(raw)) return;
  const sent: object = JSON.parse(JSON.stringify(raw));
  const answer = validator.review(podReview(sent, { kind: identity.kind }));
  expect(answer.allowed, JSON.stringify(answer)).toBe(object !== null);
  if (answer.allowed) return;
  const causes = answer.causes.map(({ field, message }) => `${field} ${message}`);
  const errors = errorsOf(problems).map(({ field, message, hint }) => {
    return `${field} ${message}${hint === "" ? "" : ` (${hint})`}`;
  });
  // Each in the order of its own text.
  expect([...causes].sort()).toEqual([...errors].sort());
}

/** What is accepted reaches proxies, and they take it. */
function expectServed({ objects }: ManifestsRead): void {
  const view = new ObjectView();
  const names = new Set<string>();
  for (const { object } of objects) {
    if (object === null) continue;
    view.replace(objectId(object.ref), object, nothingDirty());
    const { namespace, name } = object.ref;
    if (object.intent.type === "service") names.add(`${namespace}/${name}`);
  }
  for (const name of names) {
    for (const port of compileService(view.inputs(name)).ports) {
      const taken = readDestination(port.key, JSON.parse(encodeCanonical(port.base.body)));
      expect("problem" in taken ? taken.problem : "").toBe("");
    }
  }
}

describe("a mistake in a manifest", () => {
  it("is told with its place and a mend, by everyone alike, and disturbs nothing else", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const text = makeMistakes(OWN, createSeededRandom(seed));
        const found = readManifests(text, FILE);
        expectTold(text, found);
        expectAgreement(text, found);
        expectServed(found);
        if (text.includes("\0")) return;
        const between = `${service("first")}---\n${text}\n${service("last")}`;
        const good = readManifests(between, FILE).objects.filter(({ object }) => object !== null);
        expect(good.map(({ identity }) => identity.name)).toEqual(
          expect.arrayContaining(["first", "last"]),
        );
      }),
      { numRuns: 120, seed: 6 },
    );
  });
});
