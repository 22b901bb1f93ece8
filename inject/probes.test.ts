import { expect, test } from "vitest";
import { isRecord } from "../base/shape.ts";
import { patientProbes } from "./probes.ts";

const PROBES = patientProbes({ port: 4191, startupPath: "/ready" });

/** How long nothing may be answered until the kubelet acts: each probe waits for its limit. */
function patienceSeconds(name: string): number {
  const probe = PROBES[name];
  if (!isRecord(probe)) throw new Error(`there is no ${name}`);
  const [period, limit, failures] = ["periodSeconds", "timeoutSeconds", "failureThreshold"].map(
    (field) => Number(probe[field]),
  );
  return Math.max(period ?? 0, limit ?? 0) * (failures ?? 0);
}

test("whoever answers late is not ready long before anybody starts it anew", () => {
  const [readiness, liveness] = [
    patienceSeconds("readinessProbe"),
    patienceSeconds("livenessProbe"),
  ];
  expect(readiness).toBe(30);
  expect(liveness).toBeGreaterThanOrEqual(4 * readiness);
  expect(patienceSeconds("startupProbe")).toBeGreaterThanOrEqual(120);
});

test("an answer may take seconds, and what it is about is asked for at the right door", () => {
  for (const probe of Object.values(PROBES)) {
    expect(probe).toMatchObject({ httpGet: { port: 4191, scheme: "HTTP" } });
    expect(isRecord(probe) && Number(probe.timeoutSeconds)).toBeGreaterThanOrEqual(5);
  }
  expect(PROBES.startupProbe).toMatchObject({ httpGet: { path: "/ready" }, periodSeconds: 1 });
  expect(PROBES.readinessProbe).toMatchObject({ httpGet: { path: "/ready" } });
  expect(PROBES.livenessProbe).toMatchObject({ httpGet: { path: "/live" } });
});
