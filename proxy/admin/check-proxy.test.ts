import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../mesh/self-check.ts";
import type { ControlStatus } from "../control/client.ts";
import { OpenSockets } from "../net/open-sockets.ts";
import { describeOutcome, type InterceptionOutcome } from "../transparent/interception-outcome.ts";
import { FamilyProof } from "../transparent/interception-proof.ts";
import { type CheckDeps, checkProxy, type Interception } from "./check-proxy.ts";
import { describeInterception } from "./describe-interception.ts";

const LIVE: ControlStatus = {
  state: "live",
  address: "ws://operator",
  operator: null,
  lastMessageAgeMs: 2_400,
  sessions: 1,
  reportsSent: 0,
  reportsDropped: 0,
};

function deps(overrides: Partial<CheckDeps> = {}): CheckDeps {
  return {
    readiness: { problem: "" },
    configuration: { entries: () => [] },
    client: { status: () => LIVE },
    process: { openFiles: () => 20, openFilesMax: 10_000 },
    sockets: new OpenSockets(10_000),
    interception: null,
    ...overrides,
  };
}

async function verdicts(overrides: Partial<CheckDeps>): Promise<Record<string, string>> {
  const results = await checkProxy(deps(overrides));
  return Object.fromEntries(results.map(({ name, verdict }) => [name, verdict]));
}

async function one(name: string, overrides: Partial<CheckDeps>): Promise<CheckResult> {
  const result = (await checkProxy(deps(overrides))).find((candidate) => candidate.name === name);
  if (result === undefined) throw new Error(`there is no check ${name}`);
  return result;
}

function interception(
  ipv4: InterceptionOutcome,
  ipv6: InterceptionOutcome,
  notInterceptedCount = 0,
): Interception {
  const families = [new FamilyProof("ipv4"), new FamilyProof("ipv6")] as const;
  const context = { host: "192.0.2.1", port: 4_199, outboundPort: 4_140, userId: 0 };
  families[1].outcome = ipv6;
  const proof = {
    // As on a first check: what is found is found now.
    check: () => {
      families[0].outcome = ipv4;
      return Promise.resolve();
    },
    families,
    get isProven() {
      return ipv4 === "proven" || ipv6 === "proven";
    },
    describe: ({ outcome }: FamilyProof) => describeOutcome(outcome, context),
  };
  const arrivals = () => [{ address: "10.0.0.5:8080", service: "svc/shop/web:80", callers: 2 }];
  const missed = { address: "10.0.0.5:8081", problem: "10.0.0.5:8081: refused", connections: 3 };
  const unreached = () => (notInterceptedCount === 0 ? [] : [missed]);
  return { proof, notInterceptedCount: () => notInterceptedCount, arrivals, unreached };
}

describe("a proxy that looks at itself", () => {
  it("finds nothing when all is well", async () => {
    expect(await checkProxy(deps())).toEqual([
      { name: "ready", verdict: "ok", detail: "ready for traffic", hint: "" },
      {
        name: "interception",
        verdict: "ok",
        detail: "not transparent: applications send their requests to it themselves",
        hint: "",
      },
      {
        name: "operator-connected",
        verdict: "ok",
        detail: "connected to the operator at ws://operator",
        hint: "",
      },
      {
        name: "configuration",
        verdict: "ok",
        detail: "0 live, 0 awaited; the operator was last heard 2s ago",
        hint: "",
      },
      { name: "open-files", verdict: "ok", detail: "20 of 10000 open files are in use", hint: "" },
    ]);
  });

  it("says why it is not ready", async () => {
    const { verdict, detail } = await one("ready", { readiness: { problem: "it is starting" } });
    expect([verdict, detail]).toEqual(["failed", "not ready: it is starting"]);
  });

  it.each([
    ["proven", "proven", "ok", "ok"],
    ["proven", "not-used", "ok", "ok"],
    ["proven", "timeout", "ok", "warning"],
    ["timeout", "not-used", "failed", "ok"],
    ["proven", "not-exempt", "ok", "failed"],
    ["unreachable", "proven", "warning", "ok"],
  ] as const)("with interception %s and %s finds %s, %s", async (ipv4, ipv6, first, second) => {
    expect(await verdicts({ interception: interception(ipv4, ipv6) })).toMatchObject({
      "interception-ipv4": first,
      "interception-ipv6": second,
      "inbound-interception": "ok",
      "applications-reached": "ok",
    });
  });

  it("says what to do when it is not intercepted, and whom it missed", async () => {
    const overrides = { interception: interception("timeout", "not-used", 3) };
    expect((await one("interception-ipv4", overrides)).hint).toContain("heddle init");
    const inbound = await one("inbound-interception", overrides);
    expect([inbound.verdict, inbound.detail]).toEqual([
      "warning",
      "3 connections came to the inbound port without being redirected there",
    ]);
    const { verdict, detail, hint } = await one("applications-reached", overrides);
    const said = "callers could not reach the application at 10.0.0.5:8081: refused";
    expect([verdict, detail, hint]).toEqual([
      "warning",
      said,
      expect.stringContaining("127.0.0.1"),
    ]);
  });

  it("takes a lost operator for a warning, and one that never came for a failure", async () => {
    const lost = { ...LIVE, state: "waiting", lastMessageAgeMs: 90_000 } as const;
    expect(await verdicts({ client: { status: () => lost } })).toMatchObject({
      "operator-connected": "warning",
      configuration: "warning",
    });
    const never = { ...lost, lastMessageAgeMs: null };
    expect(await verdicts({ client: { status: () => never } })).toMatchObject({
      "operator-connected": "failed",
      configuration: "ok",
    });
    expect(await verdicts({ client: null })).toMatchObject({ "operator-connected": "ok" });
  });

  it.each([
    [20, 1_024, 0, "warning"],
    [9_000, 10_000, 0, "warning"],
    [20, 10_000, 5, "warning"],
    [null, null, 0, "ok"],
  ] as const)(
    "with %s of %s files and %s refused finds a %s",
    async (open, max, refused, verdict) => {
      const sockets = new OpenSockets(max);
      sockets.refused = refused;
      const process = { openFiles: () => open, openFilesMax: max };
      expect(await verdicts({ sockets, process })).toMatchObject({ "open-files": verdict });
    },
  );

  it("says that callers are refused now", async () => {
    const sockets = new OpenSockets(10_000);
    sockets.open = sockets.max;
    const { verdict, detail } = await one("open-files", { sockets });
    expect([verdict, detail]).toEqual([
      "failed",
      "20 of 10000 open files are in use: callers are refused",
    ]);
  });

  it("says that callers were refused, also where there are many again", async () => {
    const sockets = new OpenSockets(200);
    sockets.refused = 5;
    const process = { openFiles: () => 170, openFilesMax: 200 };
    const { verdict, detail } = await one("open-files", { sockets, process });
    const told = "5 connections were refused when there were too many";
    expect([verdict, detail]).toEqual(["warning", `170 of 200 open files are in use; ${told}`]);
  });
});

describe("the configuration page", () => {
  it("tells of interception, where there is any", async () => {
    expect(describeInterception(null, 0)).toBeNull();
    const found = interception("timeout", "proven", 3);
    await found.proof.check();
    const [ipv4, ipv6] = found.proof.families;
    if (ipv6 !== undefined) ipv6.checkedMs = 500;
    expect(describeInterception(found, 2_000)).toMatchObject({
      proven: true,
      families: [
        { family: ipv4?.family, outcome: "timeout", ageMs: null },
        { family: "ipv6", outcome: "proven", ageMs: 1_500, hint: "" },
      ],
      notInterceptedCount: 3,
      applications: [{ address: "10.0.0.5:8080", callers: 2 }],
    });
  });
});
