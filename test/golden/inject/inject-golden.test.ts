/** What becomes of pods as people have them; `pods.yaml` beside this holds them. */
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createPatch } from "../../../inject/create-patch.ts";
import { describeProblem } from "../../../inject/decide-injection.ts";
import { injectPod } from "../../../inject/inject-pod.ts";
import { initContainersOf, type Pod } from "../../../inject/pod.ts";
import { SAMPLE_OPTIONS } from "../../../inject/sample-pod.ts";
import { uninjectPod } from "../../../inject/uninject-pod.ts";
import { type InjectedPod, readInjectedPods } from "../../harness/injected-pods.ts";
import { expectGolden } from "../golden.ts";

const PODS = readInjectedPods();

/** Shown with every field; of the others only what differs from pod to pod. */
const SHOWN_WHOLE = ["plain", "explicit", "every-option"];

describe("pods as people have them", () => {
  it("are decided about", () => {
    expectGolden("inject/decisions.txt", PODS.map(describeOne).join("\n"));
  });

  it.each(SHOWN_WHOLE)("are patched: %s", (name) => {
    const found = PODS.find((one) => one.name === name);
    expect(found?.decision.inject).toBe(true);
    const patch = createPatch(found?.pod, found?.injected);
    expectGolden(`inject/patch-${name}.yaml`, stringify(patch, { lineWidth: 0 }));
  });

  it.each(PODS.filter(({ decision }) => decision.inject))(
    "are as they were after uninject: $name",
    ({ pod, injected }) => {
      expect(withoutEmpty(uninjectPod(injected))).toEqual(withoutEmpty(uninjectPod(pod)));
    },
  );

  it("keep the init containers of the application, after ours", () => {
    const pods = PODS.filter(({ decision }) => decision.inject);
    for (const { name, pod, injected } of pods) {
      const theirs = initContainersOf(uninjectPod(pod));
      const all = initContainersOf(injected);
      expect(all.slice(all.length - theirs.length), name).toEqual(theirs);
      const again = injectPod(injected, SAMPLE_OPTIONS, null);
      expect(again.spec.containers, name).toEqual(pod.spec.containers);
    }
  });
});

function describeOne({ name, pod, decision, injected }: InjectedPod): string {
  if (!decision.inject) {
    const { reason, detail, mend } = decision;
    return `${name}\n  skipped (${reason}): ${detail}\n${mend === "" ? "" : `  mend: ${mend}\n`}`;
  }
  const notes = decision.notes.map((note) => `  note: ${describeProblem(note)}; ${note.hint}\n`);
  const paths = createPatch(pod, injected).map(({ op, path }) => `  ${op} ${path}\n`);
  const own = initContainersOf(injected).map(({ name, args }) => {
    const line = Array.isArray(args) ? args.join(" ") : "";
    return `  - ${name} ${line}`.trimEnd();
  });
  const labels = JSON.stringify(injected.metadata?.labels);
  return [`${name}\n`, ...notes, ...paths, `  labels ${labels}\n`, own.join("\n"), "\n"].join("");
}

/** An empty list is none. */
function withoutEmpty(pod: Pod): unknown {
  return JSON.parse(
    JSON.stringify(pod, (_key, value: unknown) => {
      const isEmpty = typeof value === "object" && Object.keys(value ?? {}).length === 0;
      return isEmpty ? undefined : value;
    }),
  );
}
