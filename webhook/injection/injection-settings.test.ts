import { beforeEach, describe, expect, it } from "vitest";
import { SAMPLE_OPTIONS, SAMPLE_POLICY } from "../../inject/sample-pod.ts";
import { InjectionSettings } from "./injection-settings.ts";

let settings: InjectionSettings;
let told: string[];

beforeEach(() => {
  told = [];
  settings = new InjectionSettings(SAMPLE_POLICY, {
    taken: () => told.push("taken"),
    refused: (problem) => told.push(problem),
  });
});

describe("the defaults file", () => {
  it.each([
    ["log-level: debug\nworkers: 2\negress: true\n"],
    ['{"log-level": "debug", "workers": "2", "egress": "true"}'],
  ])("is YAML, and so JSON: %j", (text) => {
    settings.take(text);
    expect(told).toEqual(["taken"]);
    const defaults = { ...SAMPLE_OPTIONS, logLevel: "debug", workers: 2, egress: true };
    expect(settings.policy).toEqual({ ...SAMPLE_POLICY, defaults });
  });

  it("may be empty", () => {
    settings.take("log-level: debug");
    settings.take("# nothing\n");
    expect(settings.policy).toEqual(SAMPLE_POLICY);
  });

  it.each([
    ["workers: many", "workers must be a number"],
    ["wokrers: 2", 'did you mean "workers"?'],
    ["workers: [1]", "workers has no plain value"],
    ["workers:", "workers has no plain value"],
    ["- workers", "is no map of options"],
    ["a: b: c", ""],
    ["workers: 1\nworkers: 2", ""],
    ["x: *nothing", ""],
  ])("with the mistake %j changes nothing", (text, wanted) => {
    settings.take("log-level: debug");
    settings.take(text);
    expect(told).toHaveLength(2);
    expect(told[1]).not.toBe("taken");
    expect(settings.problem).toContain(wanted);
    expect(settings.policy.defaults.logLevel).toBe("debug");
    settings.take("log-level: warn");
    expect(settings.problem).toBe("");
  });
});
