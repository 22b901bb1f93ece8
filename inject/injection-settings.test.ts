import { beforeEach, describe, expect, it } from "vitest";
import { InjectionSettings } from "./injection-settings.ts";
import { SAMPLE_OPTIONS, SAMPLE_POLICY } from "./sample-pod.ts";

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
  it("goes over the flags", () => {
    settings.take({ "log-level": "debug", workers: "2" });
    expect(told).toEqual(["taken"]);
    const defaults = { ...SAMPLE_OPTIONS, logLevel: "debug", workers: 2 };
    expect(settings.policy).toEqual({ ...SAMPLE_POLICY, defaults });
    settings.take({});
    expect(settings.policy).toEqual(SAMPLE_POLICY);
  });

  it.each([
    [{ workers: "many" }, "workers must be a number"],
    [{ wokrers: "2" }, 'did you mean "workers"?'],
    ["is no map of options", "is no map of options"],
  ])("with a mistake changes nothing: %j", (given, wanted) => {
    settings.take({ "log-level": "debug" });
    settings.take(given);
    expect(told).toHaveLength(2);
    expect(told[1]).toContain(wanted);
    expect(settings.problem).toContain(wanted);
    expect(settings.policy.defaults.logLevel).toBe("debug");
    settings.take({ "log-level": "warn" });
    expect(settings.problem).toBe("");
  });
});
