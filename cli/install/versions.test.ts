import { describe, expect, it } from "vitest";
import { refuseStep } from "./versions.ts";

describe("refuseStep", () => {
  it.each([
    ["0.1.0", "0.1.0"],
    ["0.1.0", "0.1.7"],
    ["0.1.9", "0.2.0"],
    ["1.7.2", "2.0.0"],
    ["1.7.2-rc.1", "1.7.2"],
    ["", "0.1.0"],
    ["main", "0.1.0"],
  ])("lets %s become %s", (from, to) => {
    expect(refuseStep(from, to)).toBeUndefined();
  });

  it.each([
    ["0.2.0", "0.1.9", "use heddle 0.2.0"],
    ["0.1.1", "0.1.0", "going back"],
    ["0.1.0", "0.3.0", "upgrade to 0.2 first"],
    ["1.9.0", "3.0.0", "upgrade to 2.0 first"],
  ])("does not let %s become %s", (from, to, why) => {
    expect(refuseStep(from, to)).toContain(why);
  });
});
