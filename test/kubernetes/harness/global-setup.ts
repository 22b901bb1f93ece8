/**
 * One API server for all test files of a run that want no more of it than a namespace, started only
 * when there is such a file in the run. What is missing is built before; where it cannot be had,
 * the tests are skipped, and here it is said why.
 */
import type { TestProject } from "vitest/node";
import { obtainKubePart } from "../../../tools/parts/kube-parts.ts";
import type { Tell } from "../../../tools/parts/part.ts";
import {
  type ApiServerPlace,
  ApiServerProcess,
  type ApiServerPrograms,
} from "./api-server-process.ts";

/** A server that runs and its programs, or why there is none. */
export type ProvidedApiServer =
  | { readonly place: ApiServerPlace; readonly programs: ApiServerPrograms }
  | { readonly missing: string };

declare module "vitest" {
  interface ProvidedContext {
    apiServer: ProvidedApiServer;
  }
}

let server: ApiServerProcess | undefined;

export async function setup(project: TestProject): Promise<void> {
  const programs = await obtainApiServerPrograms((line) => console.log(line));
  if ("missing" in programs) {
    console.log(`test/kubernetes is skipped: ${programs.missing}`);
    project.provide("apiServer", programs);
    return;
  }
  server = await ApiServerProcess.start(programs);
  project.provide("apiServer", { place: server.place, programs });
}

export async function teardown(): Promise<void> {
  await server?.stop();
}

/** What an API server needs, or what of it cannot be had and why. */
export async function obtainApiServerPrograms(
  tell: Tell,
): Promise<ApiServerPrograms | { readonly missing: string }> {
  const etcd = await obtainKubePart("etcd", tell);
  if ("missing" in etcd) return etcd;
  const apiServer = await obtainKubePart("kube-apiserver", tell);
  if ("missing" in apiServer) return apiServer;
  const kubectl = await obtainKubePart("kubectl", tell);
  if ("missing" in kubectl) return kubectl;
  return { etcd: etcd.file, apiServer: apiServer.file, kubectl: kubectl.file };
}
