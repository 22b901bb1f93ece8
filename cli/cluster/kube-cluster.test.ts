import { expect, it } from "vitest";
import { ManualTimers } from "../../base/timers.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { FakeApiServer } from "../../test/harness/fake-api-server.ts";
import { ClusterError } from "./cluster.ts";
import { ANSWER_MS_MAX, KubeCluster } from "./kube-cluster.ts";

const PATH = "/api/v1/namespaces/shop/pods/web-0";

/** The one of a server that never answers. */
function silentCluster(stop: AbortSignal) {
  const timers = new ManualTimers();
  const server = new FakeApiServer(timers);
  server.interfere = () => ({ silent: true });
  const cluster = new KubeCluster({
    client: new KubeClient({ transport: server, timers, readSilenceMs: ANSWER_MS_MAX }),
    ...{ context: "dev", server: "https://10.0.0.1:6443", namespace: "shop", timers, stop },
    forward: () => Promise.reject(new Error("nothing is forwarded")),
    close: () => server.close(),
  });
  return { cluster, timers };
}

it("says that it was stopped, and does not doubt the context, when a person stops it", async () => {
  const stop = new AbortController();
  const { cluster } = silentCluster(stop.signal);
  const finding = cluster.find(PATH);
  stop.abort();
  await expect(finding).rejects.toThrow(/^stopped$/);
  await expect(finding).rejects.not.toBeInstanceOf(ClusterError);
});

it("doubts the context when nothing is said for too long", async () => {
  const { cluster, timers } = silentCluster(new AbortController().signal);
  const finding = cluster.find(PATH);
  timers.advance(ANSWER_MS_MAX);
  await expect(finding).rejects.toThrow(
    "10 s; is this the right context? It is dev; --context names another",
  );
});
