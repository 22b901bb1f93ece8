import { expect, it } from "vitest";
import { HttpTransport } from "./http-transport.ts";

it("says what keeps it from being known to the API server", async () => {
  const transport = new HttpTransport({
    readCredentials: () => Promise.reject(new Error("/etc/kube.yaml cannot be read")),
    userAgent: "test/1",
  });
  const { signal } = new AbortController();
  const request = {
    method: "GET",
    path: "/",
    headers: {},
    body: "",
    renew: false,
    signal,
  } as const;
  await expect(transport.send(request)).rejects.toMatchObject({
    ...{ name: "KubeError", reason: "Unreachable" },
    message: "there are no credentials for the API server: /etc/kube.yaml cannot be read",
  });
});
