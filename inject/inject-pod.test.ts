import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { InjectOptions } from "./inject-options.ts";
import { injectPod } from "./inject-pod.ts";
import { INJECTION, OWN_CONTAINERS } from "./names.ts";
import {
  annotationsOf,
  type Container,
  type Fields,
  initContainersOf,
  labelsOf,
  mapAt,
  type Pod,
  volumesOf,
} from "./pod.ts";
import { SAMPLE_OPTIONS, SAMPLE_POD, withSpec } from "./sample-pod.ts";
import { uninjectPod } from "./uninject-pod.ts";

const OWNER = { kind: "Deployment", name: "web" };

function inject(pod: Pod, options: Partial<InjectOptions> = {}): Pod {
  return injectPod(pod, { ...SAMPLE_OPTIONS, ...options }, OWNER);
}

function containerOf(pod: Pod, name: string): Container {
  const found = initContainersOf(pod).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

/** A pod in which somebody else changed one of the injected containers. */
function changed(pod: Pod, name: string, fields: Fields): Pod {
  const initContainers = initContainersOf(pod).map((one) =>
    one.name === name ? { ...one, ...fields } : one,
  );
  return { ...pod, spec: { ...pod.spec, initContainers } };
}

const texts = fc.dictionary(fc.constantFrom("app", "team", "note"), fc.string(), {
  minKeys: 1,
  noNullPrototype: true,
});
const named = (...names: string[]) =>
  fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), image: fc.constant("x") }), {
    minLength: 1,
    selector: (one) => one.name,
  });
const pods: fc.Arbitrary<Pod> = fc.record(
  {
    kind: fc.constant("Pod"),
    metadata: fc.record(
      { labels: texts, annotations: texts, name: fc.constant("x") },
      {
        requiredKeys: ["name"],
      },
    ),
    spec: fc.record(
      {
        containers: named("web", "log", "cache"),
        initContainers: named("migrate", "wait"),
        volumes: named("data", "tmp"),
        restartPolicy: fc.constantFrom("Always", "Never"),
        terminationGracePeriodSeconds: fc.nat(100_000_000),
      },
      { requiredKeys: ["containers"] },
    ),
  },
  { requiredKeys: ["metadata", "spec"] },
);
const options: fc.Arbitrary<Partial<InjectOptions>> = fc.record(
  {
    mode: fc.constantFrom("transparent", "explicit"),
    workers: fc.integer({ min: 1, max: 3 }),
    logLevel: fc.constantFrom("debug", null),
  },
  { requiredKeys: [] },
);

describe("injectPod", () => {
  it("is undone by uninjectPod, whatever the pod", () => {
    fc.assert(
      fc.property(pods, options, (pod, chosen) => {
        expect(uninjectPod(inject(pod, chosen))).toEqual(pod);
      }),
    );
  });

  it("changes nothing the second time", () => {
    fc.assert(
      fc.property(pods, options, (pod, chosen) => {
        const once = inject(pod, chosen);
        expect(inject(once, chosen)).toEqual(once);
      }),
    );
  });

  it("with other options is as if it had never been injected with these", () => {
    fc.assert(
      fc.property(pods, options, options, (pod, first, second) => {
        expect(inject(inject(pod, first), second)).toEqual(inject(pod, second));
      }),
    );
  });

  it("leaves the given pod as it was", () => {
    const before = structuredClone(SAMPLE_POD);
    inject(SAMPLE_POD);
    expect(SAMPLE_POD).toEqual(before);
  });

  it("redirects first, then starts the proxy, and then what the application has", () => {
    const pod = inject(withSpec({ initContainers: [{ name: "migrate" }] }));
    expect(initContainersOf(pod).map(({ name }) => name)).toEqual([...OWN_CONTAINERS, "migrate"]);
    expect(containerOf(pod, "heddle-proxy").restartPolicy).toBe("Always");
    expect(containerOf(pod, "heddle-init").restartPolicy).toBeUndefined();
  });

  it("without redirection asks for no capability", () => {
    const pod = inject(SAMPLE_POD, { mode: "explicit" });
    expect(initContainersOf(pod).map(({ name }) => name)).toEqual(["heddle-proxy"]);
    expect(JSON.stringify(pod)).not.toMatch(/NET_ADMIN|--transparent|--inbound/);
    expect(volumesOf(pod).map(({ name }) => name)).not.toContain("heddle-run");
  });

  it("labels the pod with its owner, and not where a label cannot hold it", () => {
    expect(labelsOf(inject(SAMPLE_POD))).toMatchObject({
      app: "web",
      "heddle.mesh/proxied": "transparent",
      "heddle.mesh/workload": "web",
      "heddle.mesh/workload-kind": "Deployment",
    });
    const long = injectPod(SAMPLE_POD, SAMPLE_OPTIONS, { kind: "Job", name: "x".repeat(64) });
    expect(labelsOf(long)["heddle.mesh/workload"]).toBeUndefined();
  });

  it.each([
    [{}, "30s"],
    [{ terminationGracePeriodSeconds: 90 }, "1m30s"],
    [{ terminationGracePeriodSeconds: 0 }, "0ms"],
    [{ terminationGracePeriodSeconds: 99_999_999 }, "576h"],
  ])("gives the proxy the grace time of %j", (fields, wanted) => {
    const { env } = containerOf(inject(withSpec(fields)), "heddle-proxy");
    expect(env).toContainEqual({ name: "HEDDLE_GRACE_TIME", value: wanted });
  });
});

describe("what other webhooks did", () => {
  const once = inject(SAMPLE_POD);

  it("to our containers is kept", () => {
    const mirrored = changed(once, "heddle-proxy", { image: "mirror.example/heddle:1" });
    const again = inject(mirrored);
    expect(again).toEqual(mirrored);
  });

  it("before our containers comes after them again", () => {
    const initContainers = [{ name: "theirs" }, ...initContainersOf(once)];
    const again = inject({ ...once, spec: { ...once.spec, initContainers } });
    expect(initContainersOf(again).map(({ name }) => name)).toEqual([...OWN_CONTAINERS, "theirs"]);
  });

  it("to our containers is lost when they change", () => {
    const mirrored = changed(once, "heddle-proxy", { image: "mirror.example/heddle:1" });
    const again = inject(mirrored, { workers: 2 });
    expect(containerOf(again, "heddle-proxy").image).toBe(SAMPLE_OPTIONS.image);
    expect(annotationsOf(again)[INJECTION]).not.toBe(annotationsOf(once)[INJECTION]);
  });

  it("when they removed one of ours, it comes back", () => {
    const initContainers = initContainersOf(once).slice(1);
    expect(inject({ ...once, spec: { ...once.spec, initContainers } })).toEqual(once);
  });
});

describe("resources", () => {
  const resourcesOf = (pod: Pod, chosen: Partial<InjectOptions["resources"]> = {}) => {
    const resources = { requests: {}, limits: {}, ...chosen };
    return mapAt(containerOf(inject(pod, { resources }), "heddle-proxy"), "resources");
  };

  it("are requested, and not limited", () => {
    expect(resourcesOf(SAMPLE_POD)).toEqual({ requests: { cpu: "20m", memory: "48Mi" } });
  });

  it("are never requested above the limit", () => {
    expect(resourcesOf(SAMPLE_POD, { limits: { memory: "32Mi", cpu: "1" } })).toEqual({
      requests: { cpu: "20m", memory: "32Mi" },
      limits: { memory: "32Mi", cpu: "1" },
    });
  });

  it("are left to a pod that bounds itself as a whole", () => {
    const pod = withSpec({ resources: { limits: { memory: "1Gi" } } });
    expect(resourcesOf(pod)).toEqual({});
    expect(resourcesOf(pod, { requests: { cpu: "1" } })).toEqual({ requests: { cpu: "1" } });
  });
});

/** The fields of the restricted Pod Security Standard, as far as containers have them. */
describe("the proxy's container", () => {
  it("satisfies the restricted standard, and cannot write its file system", () => {
    const security = mapAt(containerOf(inject(SAMPLE_POD), "heddle-proxy"), "securityContext");
    expect(security).toEqual({
      runAsUser: 2102,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  it("the one that redirects has one capability alone", () => {
    const security = mapAt(containerOf(inject(SAMPLE_POD), "heddle-init"), "securityContext");
    expect(security).toMatchObject({
      runAsUser: 0,
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
    });
  });
});

describe("uninjectPod", () => {
  it("leaves a pod alone that only uses our names", () => {
    const pod = withSpec({ initContainers: [{ name: "heddle-init" }] });
    expect(uninjectPod(pod)).toBe(pod);
  });

  it("takes out what another version put in", () => {
    const old = inject(SAMPLE_POD, { image: "registry.example/heddle:0" });
    expect(uninjectPod(changed(old, "heddle-proxy", { newer: true }))).toEqual(SAMPLE_POD);
  });
});
