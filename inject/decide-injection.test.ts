import { describe, expect, it } from "vitest";
import { decideInjection, type InjectionPolicy } from "./decide-injection.ts";
import { injectPod } from "./inject-pod.ts";
import type { Pod } from "./pod.ts";
import {
  annotated,
  SAMPLE_OPTIONS,
  SAMPLE_POD,
  SAMPLE_POLICY,
  SHOP,
  withSpec,
} from "./sample-pod.ts";
import { SKIP_REASON_ROWS, SKIP_REASONS } from "./skip-reason.ts";

const PLAIN = { ...SHOP, annotations: {} };
const CONTAINER = SAMPLE_POD.spec.containers[0] ?? { name: "web" };

function decide(pod: Pod, namespace = SHOP, policy: Partial<InjectionPolicy> = {}): string {
  const decision = decideInjection(pod, namespace, { ...SAMPLE_POLICY, ...policy });
  return decision.inject ? "inject" : decision.reason;
}

function withContainer(fields: object): Pod {
  return withSpec({ containers: [{ ...CONTAINER, ...fields }] });
}

describe("who asks", () => {
  const enabled = { "heddle.mesh/inject": "enabled" };
  const disabled = { "heddle.mesh/inject": "disabled" };

  it.each([
    ["nobody", {}, {}, "not-asked"],
    ["the namespace", {}, enabled, "inject"],
    ["the pod", enabled, {}, "inject"],
    ["the namespace, against the pod", disabled, enabled, "opted-out"],
    ["the pod, against the namespace", enabled, disabled, "inject"],
    ["the namespace says no", {}, disabled, "opted-out"],
    ["something else", { "heddle.mesh/inject": "true" }, enabled, "bad-inject-annotation"],
    ["an empty word", { "heddle.mesh/inject": "" }, enabled, "bad-inject-annotation"],
  ])("%s", (_, pod, namespace, wanted) => {
    expect(decide(annotated(pod), { ...PLAIN, annotations: namespace })).toBe(wanted);
  });

  it("labels ask too, and annotations come first", () => {
    expect(decide(SAMPLE_POD, { ...PLAIN, labels: enabled })).toBe("inject");
    expect(decide(SAMPLE_POD, { ...PLAIN, labels: enabled, annotations: disabled })).toBe(
      "opted-out",
    );
  });

  it("a pod that is labelled as opted out has no other word", () => {
    const labels = { ...SAMPLE_POD.metadata?.labels, ...disabled };
    const pod = { ...SAMPLE_POD, metadata: { labels, annotations: enabled } };
    expect(decide(pod, { ...PLAIN, annotations: enabled })).toBe("opted-out");
    expect(decide(pod, PLAIN, { injectUnasked: true })).toBe("opted-out");
  });

  it("everybody, where injection is asked for by hand, but for those who say no", () => {
    expect(decide(SAMPLE_POD, PLAIN, { injectUnasked: true })).toBe("inject");
    expect(decide(annotated(disabled), PLAIN, { injectUnasked: true })).toBe("opted-out");
  });
});

describe("who is never touched", () => {
  const asks = { "heddle.mesh/inject": "enabled" };

  it.each([
    ["kube-system", "system-namespace"],
    ["heddle", "own-namespace"],
  ])("pods of %s", (name, wanted) => {
    expect(decide(annotated(asks), { ...SHOP, name })).toBe(wanted);
  });

  it("static pods", () => {
    expect(decide(annotated({ ...asks, "kubernetes.io/config.mirror": "x" }))).toBe("mirror-pod");
  });
});

describe("who cannot be injected", () => {
  it.each<[string, Pod, string]>([
    ["host network", withSpec({ hostNetwork: true }), "host-network"],
    ["Windows by os", withSpec({ os: { name: "windows" } }), "windows"],
    ["Linux by os", withSpec({ os: { name: "linux" } }), "inject"],
    ["Windows by node", withSpec({ nodeSelector: { "kubernetes.io/os": "windows" } }), "windows"],
    ["Windows by security", withSpec({ securityContext: { windowsOptions: {} } }), "windows"],
    ["another mesh, by name", withContainer({ name: "istio-proxy" }), "sidecar-exists"],
    [
      "another mesh, in a mirror",
      withContainer({ image: "mirror.example/linkerd/proxy:v2" }),
      "sidecar-exists",
    ],
    ["an image like it", withContainer({ image: "example/my-proxyv2-tool:1" }), "inject"],
    [
      "another mesh's init container",
      withSpec({ initContainers: [{ name: "linkerd-init" }] }),
      "sidecar-exists",
    ],
    ["our container's name", withContainer({ name: "heddle-proxy" }), "name-taken"],
    ["our volume's name", withSpec({ volumes: [{ name: "heddle-state" }] }), "name-taken"],
    ["the proxy's user", withContainer({ securityContext: { runAsUser: 2102 } }), "uid-clash"],
    ["the proxy's user, for all", withSpec({ securityContext: { runAsUser: 2102 } }), "uid-clash"],
    [
      "the proxy's user for all but the one container",
      {
        ...withContainer({ securityContext: { runAsUser: 1 } }),
        spec: {
          ...withContainer({ securityContext: { runAsUser: 1 } }).spec,
          securityContext: { runAsUser: 2102 },
        },
      },
      "inject",
    ],
    ["our inbound port", withContainer({ ports: [{ containerPort: 4143 }] }), "port-clash"],
    ["our admin port", withContainer({ ports: [{ containerPort: 4191 }] }), "port-clash"],
    [
      "our port by UDP",
      withContainer({ ports: [{ containerPort: 4143, protocol: "UDP" }] }),
      "inject",
    ],
    ["a bad option", annotated({ "heddle.mesh/workers": "many" }), "bad-annotation"],
    ["a misspelt option", annotated({ "heddle.mesh/wokrers": "2" }), "inject"],
  ])("%s", (_, pod, wanted) => {
    expect(decide(pod)).toBe(wanted);
  });

  it("one whose user clashes is injected as another", () => {
    const pod = withContainer({ securityContext: { runAsUser: 2102 } });
    const other = {
      ...SHOP,
      annotations: { ...SHOP.annotations, "heddle.mesh/proxy-uid": "2103" },
    };
    expect(decide(pod, other)).toBe("inject");
  });

  it.each([
    ["privileged", {}, "inject"],
    ["baseline", {}, "pod-security"],
    ["restricted", {}, "pod-security"],
    ["restricted", { "heddle.mesh/mode": "explicit" }, "inject"],
  ])("where the level %s is enforced, with %j", (level, annotations, wanted) => {
    const labels = { "pod-security.kubernetes.io/enforce": level };
    expect(decide(annotated(annotations), { ...SHOP, labels })).toBe(wanted);
  });

  it("one that was injected before is no clash with itself", () => {
    expect(decide(injectPod(SAMPLE_POD, SAMPLE_OPTIONS, null))).toBe("inject");
  });
});

describe("what is told", () => {
  it("refuses the pod whose connections would pass the proxy by, and no other", () => {
    const refused = SKIP_REASONS.filter((reason) => SKIP_REASON_ROWS[reason].isRefused === true);
    expect(refused).toEqual(["uid-clash"]);
    const pod = withSpec({ securityContext: { runAsUser: 2102 } });
    expect(decideInjection(pod, SHOP, SAMPLE_POLICY)).toMatchObject({ isRefused: true });
  });

  it("names annotation, holder and value", () => {
    const decision = decideInjection(
      annotated({ "heddle.mesh/grace-time": "90" }),
      { ...SHOP, annotations: { ...SHOP.annotations, "heddle.mesh/workers": "0" } },
      SAMPLE_POLICY,
    );
    expect(decision).toEqual({
      inject: false,
      reason: "bad-annotation",
      detail:
        'heddle.mesh/workers of the namespace must be a number from 1 to 64, not "0"; ' +
        'heddle.mesh/grace-time of the pod must be a duration such as 300ms or 1m30s, not "90"',
      mend: "mend the annotation",
      isMeant: false,
      isRefused: false,
    });
  });

  it("has a mend for every reason that somebody has to be told of", () => {
    const unmended = SKIP_REASONS.filter((reason) => {
      const { isMeant, mend } = SKIP_REASON_ROWS[reason];
      return !isMeant && mend === "";
    });
    expect(unmended).toEqual([]);
  });
});
