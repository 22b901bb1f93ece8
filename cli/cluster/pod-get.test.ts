import { describe, expect, it } from "vitest";
import { ClusterError } from "./cluster.ts";
import { MemoryCluster } from "./memory-cluster.ts";
import { podGet } from "./pod-get.ts";

const DOOR = { namespace: "heddle", pod: "op-0", port: 4192 };
const ADDRESS = { host: "op-0", port: 4192 };

function refusal(status: number, reason: string, detail: string): ClusterError {
  return new ClusterError({ status, reason, detail, advice: "", cause: null });
}

/** What the API server's proxy answers, first without and then with another name for the pod. */
class Cluster extends MemoryCluster {
  readonly tries: string[] = [];
  through: (isLocal: boolean) => string | ClusterError = () => "through";
  within: () => string | ClusterError = () => "within";

  override askPod(_door: object, _path: string, isLocal = false): Promise<string> {
    this.tries.push(isLocal ? "local" : "plain");
    const answer = this.through(isLocal);
    return answer instanceof ClusterError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  override async askWithinPod() {
    this.tries.push("within");
    const answer = this.within();
    if (answer instanceof ClusterError) throw answer;
    return { status: 200, text: answer };
  }
}

function cluster(parts: Partial<Pick<Cluster, "through" | "within">> = {}) {
  const made = Object.assign(new Cluster(), parts);
  return { made, get: () => podGet(made, DOOR)(ADDRESS, "/ready") };
}

const AWAY = refusal(503, "ServiceUnavailable", "error trying to reach service");

describe("podGet", () => {
  it("asks through the API server", async () => {
    const { made, get } = cluster();
    expect([await get(), made.tries]).toEqual([{ status: 200, text: "through" }, ["plain"]]);
  });

  it("asks under another name where the pod minds the first", async () => {
    const through = (isLocal: boolean) => (isLocal ? "yes" : refusal(403, "", "ask by address"));
    const { made, get } = cluster({ through });
    expect([await get(), made.tries]).toEqual([{ status: 200, text: "yes" }, ["plain", "local"]]);
  });

  it("hands on what the pod answers, whatever it is", async () => {
    const { get } = cluster({ through: () => refusal(503, "", "still reading") });
    expect(await get()).toEqual({ status: 503, text: "still reading" });
  });

  it("goes by the kubelet where the API server does not reach the pod", async () => {
    const { made, get } = cluster({ through: () => AWAY });
    expect([await get(), made.tries]).toEqual([
      { status: 200, text: "within" },
      ["plain", "within"],
    ]);
  });

  it("tells of the first way where neither leads there, or where it is forbidden", async () => {
    const within = () => refusal(403, "Forbidden", "no ports");
    await expect(cluster({ through: () => AWAY, within }).get()).rejects.toBe(AWAY);
    const forbidden = refusal(403, "Forbidden", "no proxying");
    const { made, get } = cluster({ through: () => forbidden });
    await expect(get()).rejects.toBe(forbidden);
    expect(made.tries).toEqual(["plain"]);
  });
});
