/** First of all: the cluster is judged, Heddle comes into it, and it is as Heddle says. */
import { expect } from "vitest";
import { HEDDLE_IMAGE } from "../images.ts";
import type { Step } from "../step.ts";
import type { Tour } from "../tour.ts";
import { listObjects, rememberObjects } from "./all-objects.ts";

export const INSTALL_STEPS: readonly Step[] = [
  {
    title: "heddle check --pre finds the cluster fit",
    run: async (tour) => {
      tour.tell(await tour.heddleOk("check", "--pre"));
      rememberObjects(tour, await listObjects(tour));
    },
  },
  { title: "heddle install --apply makes it ready", isNeeded: true, run: install },
  {
    title: "heddle check is content",
    run: async (tour) => {
      tour.tell(await tour.heddleOk("check"));
    },
  },
];

async function install(tour: Tour): Promise<void> {
  const choices = [`image=${HEDDLE_IMAGE}`, "imagePullPolicy=Never"];
  const flags = choices.flatMap((choice) => ["--set", choice]);
  await tour.heddleOk("install", "--apply", ...flags);
  for (const program of ["operator", "webhook"]) {
    const [pod = ""] = await tour.podNames(`app.kubernetes.io/name=heddle-${program}`, "heddle");
    expect(pod, `the pod of heddle-${program}`).not.toBe("");
  }
}
