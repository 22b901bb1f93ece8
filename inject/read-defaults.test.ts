import { expect, it } from "vitest";
import { readDefaults } from "./read-defaults.ts";
import { SAMPLE_OPTIONS } from "./sample-pod.ts";

it("takes options by their short names, and leaves the others as they were", () => {
  const read = readDefaults({ workers: "2", "log-level": "debug" }, SAMPLE_OPTIONS);
  expect(read).toEqual({ options: { ...SAMPLE_OPTIONS, workers: 2, logLevel: "debug" } });
});

it.each([
  [{ workers: "many" }, 'workers must be a number from 1 to 64, not "many"'],
  [{ wokrers: "2" }, 'wokrers means nothing here; did you mean "workers"?'],
  [{ "inbound-port": "4140" }, "outbound-port is 4140, and so is inbound-port"],
])("says what is wrong with %j", (given, wanted) => {
  const read = readDefaults(given, SAMPLE_OPTIONS);
  expect("problem" in read && read.problem).toContain(wanted);
});
