/** A service of type ExternalName, from its manifest to the host that it names. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { silentLog } from "../../base/log.ts";
import { systemClock, systemTimers } from "../../base/platform/system.ts";
import { startOperator } from "../../operator/start-operator.ts";
import { httpOrigin, type Origin } from "../harness/origins.ts";
import { ProxyProcess } from "../harness/proxy-process.ts";

const LOOPBACK = "127.0.0.1";
const ANY = { host: LOOPBACK, port: 0 };

let folder: string;
let origin: Origin;
let operator: Awaited<ReturnType<typeof startOperator>>;
let proxy: ProxyProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "heddle-external-"));
  origin = await httpOrigin((request, response) => response.end(request.headers.host));
  const mesh = join(folder, "mesh");
  mkdirSync(mesh);
  const manifest = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "partner", namespace: "shop" },
    spec: {
      type: "ExternalName",
      externalName: "LocalHost",
      ports: [{ port: 80, targetPort: origin.port }],
    },
  };
  writeFileSync(join(mesh, "partner.yaml"), JSON.stringify(manifest));
  const control = { path: join(folder, "operator.sock") };
  operator = await startOperator({
    from: {
      ...{ type: "folder", folder: mesh, shownFolder: "mesh" },
      stateFolder: join(folder, "state"),
    },
    ...{ control, admin: ANY, clusterDomain: "cluster.local" },
    ...{ clock: systemClock, timers: systemTimers, log: silentLog },
  });
  proxy = await ProxyProcess.start(["--operator", `unix:${control.path}`, "--namespace", "shop"]);
});

afterAll(async () => {
  await proxy.close();
  await operator.stop();
  await origin.close();
  rmSync(folder, { recursive: true, force: true });
});

function get(host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: LOOPBACK, port: proxy.outboundPort, headers: { host } },
      (answer) => {
        let text = `${answer.statusCode} `;
        answer.on("data", (part) => {
          text += String(part);
        });
        answer.on("end", () => resolve(text));
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

it("is dialled by the name of the host, with the caller's own Host", async () => {
  expect(await get("partner")).toBe("200 partner");
  expect(await get("partner.shop.svc.cluster.local:80")).toBe(
    "200 partner.shop.svc.cluster.local:80",
  );
});

it("is accepted, and stands at no address", async () => {
  const page = async (path: string): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${operator.admin.port}${path}`)).text();
  expect(await page("/addresses")).toContain('"total":0');
  expect(await page("/objects?kind=Service")).not.toContain("NotEnforced");
});
