/** What other tests take for granted of the API server that they are given. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRecord } from "../../base/shape.ts";
import { type TestApiServer, useApiServer, whyNoApiServer } from "./harness/api-server.ts";

describe.skipIf(whyNoApiServer())("the API server of tests", () => {
  let api: TestApiServer;

  beforeAll(async () => {
    api = await useApiServer();
  });

  afterAll(() => api.close());

  it("knows its admin, and its own version", async () => {
    const version = await api.client.get("/version", api.signal);
    expect(version).toMatchObject({ major: "1", gitVersion: expect.stringMatching(/^v1\.\d+/) });
    const { code, stdout, stderr } = await api.kubectl(["auth", "whoami"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("system:masters");
  });

  it("lets a service account do what it was granted, and nothing else", async () => {
    const namespace = await api.namespace();
    const account = { namespace, name: "reader" };
    const client = await api.clientFor(account);
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    await expect(client.get(path, api.signal)).rejects.toMatchObject({ status: 403 });
    const role = ["--verb=list", "--resource=configmaps", "-n", namespace];
    await api.kubectl(["create", "role", "read", ...role]);
    const subject = `--serviceaccount=${namespace}:reader`;
    await api.kubectl(["create", "rolebinding", "read", "--role=read", subject, "-n", namespace]);
    await expect(client.get(path, api.signal)).resolves.toMatchObject({ kind: "ConfigMapList" });
    const kubeconfig = await api.kubeconfigFor(account);
    const { stderr } = await api.kubectl(["--kubeconfig", kubeconfig, "get", "pods"]);
    expect(stderr).toContain(`system:serviceaccount:${namespace}:reader`);
  });

  it("takes pods, and tokens that are bound to them say so in a review", async () => {
    const namespace = await api.namespace();
    const containers = [{ name: "app", image: "app" }];
    const metadata = { namespace, name: "web" };
    await api.apply({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers } });
    const pod = await api.client.get(`/api/v1/namespaces/${namespace}/pods/web`, api.signal);
    const uid = isRecord(pod) && isRecord(pod.metadata) ? String(pod.metadata.uid) : "";
    const account = { namespace, name: "default" };
    const token = await api.tokenFor(account, { audiences: ["heddle"], pod: { name: "web", uid } });
    const review = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: ["heddle"] },
    };
    const path = "/apis/authentication.k8s.io/v1/tokenreviews";
    expect(await api.client.create(path, review, api.signal)).toMatchObject({
      status: {
        authenticated: true,
        audiences: ["heddle"],
        user: {
          username: `system:serviceaccount:${namespace}:default`,
          extra: {
            "authentication.kubernetes.io/pod-name": ["web"],
            "authentication.kubernetes.io/pod-uid": [uid],
          },
        },
      },
    });
  });

  it("serves our kinds", async () => {
    await api.installCrds();
    const namespace = await api.namespace();
    const { stdout, stderr } = await api.kubectl(["get", "heddle", "-n", namespace]);
    expect(stdout + stderr).toBe(`No resources found in ${namespace} namespace.\n`);
  });
});
