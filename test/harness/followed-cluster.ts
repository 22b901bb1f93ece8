/** What an operator knows of the pods, nodes and namespaces of an API server in memory. */
import { createSeededRandom } from "../../base/random.ts";
import { ManualTimers } from "../../base/timers.ts";
import { KubeClient } from "../../kube/kube-client.ts";
import { Cluster } from "../../operator/sources/kubernetes/cluster.ts";
import { PATHS } from "./cluster-objects.ts";
import { FakeApiServer } from "./fake-api-server.ts";

export interface FollowedCluster {
  readonly timers: ManualTimers;
  readonly server: FakeApiServer;
  readonly cluster: Cluster;
}

/** Not started. Whoever listens to it and throws fails the test. */
export function followCluster(): FollowedCluster {
  const timers = new ManualTimers();
  const server = new FakeApiServer(timers);
  for (const path of [PATHS.pods, PATHS.nodes, PATHS.namespaces]) server.serve(path);
  const nothing = () => {};
  const cluster = new Cluster({
    client: new KubeClient({ transport: server, timers }),
    ...{ clock: timers.clock, timers, random: createSeededRandom(1) },
    observer: {
      ...{ read: nothing, watched: nothing, failed: nothing },
      listenerFailed: (_resource, cause) => {
        throw cause;
      },
    },
  });
  return { timers, server, cluster };
}
