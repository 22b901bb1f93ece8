/** What a running proxy says of itself, and whether it is of this version. */
import { formatAddress } from "../../base/address.ts";
import { VERSION } from "../../base/version.ts";
import type { CheckResult } from "../../mesh/self-check.ts";
import { ProxyApi } from "../api/proxy-api.ts";
import { type RunGroup, unreachable } from "./check-group.ts";

export const checkProxy: RunGroup = async (context, { proxyAdmin, proxyGet, proxyPlace }) => {
  const api = new ProxyApi(proxyGet ?? context.get, proxyAdmin, proxyPlace, "--admin or --pod");
  const subject = `the proxy ${proxyPlace ?? `at ${formatAddress(proxyAdmin)}`}`;
  try {
    const version = checkVersion(await api.version());
    const { checks } = await api.check();
    return { name: "proxy", subject, results: [version, ...checks] };
  } catch (error) {
    return { name: "proxy", subject, results: [unreachable(error)] };
  }
};

function checkVersion(version: string): CheckResult {
  const name = "version";
  if (version === VERSION) return { name, verdict: "ok", detail: `version ${version}`, hint: "" };
  return {
    name,
    verdict: "warning",
    detail: `version ${version}, while this program is ${VERSION}`,
    hint: "restart it with this version, or ask with the one that it runs",
  };
}
