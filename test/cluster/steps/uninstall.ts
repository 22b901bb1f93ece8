/** The end: the shop closes, Heddle goes, and the cluster has what it had before. */
import { expect } from "vitest";
import type { Step } from "../step.ts";
import { SHOP, type Tour } from "../tour.ts";
import { listObjects, rememberedObjects } from "./all-objects.ts";

export const UNINSTALL_STEPS: readonly Step[] = [
  { title: "heddle uninstall leaves nothing in the cluster", run: uninstall },
];

async function uninstall(tour: Tour): Promise<void> {
  await tour.kubectl(["delete", "namespace", SHOP, "--wait"]);
  await tour.heddleOk("uninstall", "--apply", "--with-objects");
  const before = rememberedObjects(tour);
  expect(before.length).toBeGreaterThan(20);
  let left: readonly string[] = [];
  try {
    // What is deleted goes a little later than whoever deletes it.
    await tour.until("nothing is left", async () => {
      left = (await listObjects(tour)).filter((object) => !before.includes(object));
      return left.length === 0;
    });
  } catch {
    expect(left, "left in the cluster").toEqual([]);
  }
}
