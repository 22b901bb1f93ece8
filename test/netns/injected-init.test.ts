/** The init container that is injected does its work with the capability it has, and no other. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { injectPod } from "../../inject/inject-pod.ts";
import { initContainersOf, mapAt } from "../../inject/pod.ts";
import { SAMPLE_OPTIONS, SAMPLE_POD } from "../../inject/sample-pod.ts";
import { describeInNamespaces } from "../harness/namespaces.ts";
import type { Pod } from "../harness/pod.ts";
import { PodNetwork } from "../harness/pod-network.ts";

const HEDDLE = join(import.meta.dirname, "..", "..", "bin", "heddle.ts");
const [CONTAINER = { name: "" }] = initContainersOf(injectPod(SAMPLE_POD, SAMPLE_OPTIONS, null));
const ARGS = Array.isArray(CONTAINER.args) ? CONTAINER.args.map(String) : [];

/** As a container runtime starts it: so many capabilities, and no way to more. */
function confined(capabilities: readonly string[]): readonly string[] {
  const only = ["-all", ...capabilities.map((name) => `+${name.toLowerCase()}`)].join(",");
  const sets = ["--inh-caps", "--ambient-caps", "--bounding-set"].map((set) => `${set}=${only}`);
  return ["setpriv", "--no-new-privs", ...sets, "--", process.execPath, HEDDLE, ...ARGS];
}

describeInNamespaces("the injected init container", () => {
  let network: PodNetwork;
  let pod: Pod;

  beforeAll(() => {
    network = new PodNetwork();
    pod = network.addPod("pod");
  });

  afterAll(async () => {
    await network.close();
  });

  it("is the first of the pod, and asks for one capability", () => {
    expect(CONTAINER.name).toBe("heddle-init");
    expect(mapAt(mapAt(CONTAINER, "securityContext"), "capabilities")).toEqual({
      drop: ["ALL"],
      add: ["NET_ADMIN"],
    });
  });

  describe("under its confinement", () => {
    it("cannot redirect without it, and says what it lacks", async () => {
      const { code, stderr } = await pod.run(confined([]));
      expect(code).toBe(1);
      expect(stderr).toContain("NET_ADMIN");
    });

    it("redirects with it, and again when it is started again", async () => {
      for (let time = 0; time < 2; time += 1) {
        expect(await pod.run(confined(["NET_ADMIN"]))).toMatchObject({ code: 0, stderr: "" });
      }
      expect(await pod.heddle([...ARGS, "--check"])).toMatchObject({ code: 0, stderr: "" });
    });
  });
});
