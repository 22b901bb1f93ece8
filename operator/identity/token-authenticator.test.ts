import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { ManualTimers } from "../../base/timers.ts";
import type { Review } from "./review-token.ts";
import { parseReview } from "./review-token.ts";
import { TOKEN_LIMITS, TokenAuthenticator } from "./token-authenticator.ts";
import { tokenExpiryWallMs } from "./token-expiry.ts";

const EPOCH = Date.UTC(2026, 10, 22);
const HOUR_MS = 60 * 60_000;

let timers: ManualTimers;
let asked: string[];
let counts: Record<string, number>;
/** What the API server does with a question. */
let answer: (token: string, signal: AbortSignal) => Promise<Review>;
let authenticator: TokenAuthenticator;

beforeEach(() => {
  timers = new ManualTimers(new ManualClock(0, EPOCH));
  asked = [];
  counts = {};
  const count = (what: string): void => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  answer = async () => known("web-1");
  authenticator = new TokenAuthenticator({
    review: (token, signal) => {
      asked.push(token);
      return answer(token, signal);
    },
    isOperator: ({ serviceAccount }) => serviceAccount === "heddle-operator",
    clock: timers.clock,
    timers,
    observer: {
      reviewed: (outcome) => count(outcome),
      remembered: () => count("remembered"),
      trusted: () => count("trusted"),
    },
  });
});

function known(name: string, serviceAccount = "web"): Review {
  return {
    result: "known",
    identity: { namespace: "shop", name, serviceAccount, podUid: `uid-${name}` },
  };
}

/** As tokens of service accounts look to who only wants to know when they end. */
function tokenUntil(wallMs: number, name = "t"): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "none" })}.${encode({ exp: wallMs / 1000, name })}.c2lnbmF0dXJl`;
}

const outage = async (): Promise<Review> => {
  throw new Error("no API server");
};

describe("a token", () => {
  it("is asked about once, and again when its time is over", async () => {
    const token = tokenUntil(EPOCH + HOUR_MS);
    const peer = { kind: "proxy", identity: { namespace: "shop", name: "web-1" } };
    expect(await authenticator.authenticate(token)).toMatchObject({ result: "peer", peer });
    timers.advance(TOKEN_LIMITS.goodForMs - 1);
    await authenticator.authenticate(token);
    expect([asked.length, counts.remembered]).toEqual([1, 1]);
    timers.advance(1);
    await authenticator.authenticate(token);
    expect(asked).toHaveLength(2);
  });

  it("is not remembered beyond its end", async () => {
    const token = tokenUntil(EPOCH + 60_000);
    await authenticator.authenticate(token);
    timers.advance(60_000);
    answer = async () => ({ result: "refused", reason: "token-invalid" });
    expect(await authenticator.authenticate(token)).toEqual({
      result: "refused",
      reason: "token-invalid",
    });
  });

  it("that is refused is so for a while, at no cost", async () => {
    answer = async () => ({ result: "refused", reason: "token-audience" });
    const refused = { result: "refused", reason: "token-audience" };
    expect(await authenticator.authenticate("x")).toEqual(refused);
    answer = async () => known("web-1");
    expect(await authenticator.authenticate("x")).toEqual(refused);
    expect(asked).toHaveLength(1);
    timers.advance(TOKEN_LIMITS.refusedForMs);
    expect(await authenticator.authenticate("x")).toMatchObject({ result: "peer" });
  });

  it("of the operators' account is that of a replica", async () => {
    answer = async () => known("heddle-operator-0", "heddle-operator");
    const found = await authenticator.authenticate("x");
    expect(found).toMatchObject({ result: "peer", peer: { kind: "operator" } });
  });

  it("is not good any more when its pod is gone, however well it was known", async () => {
    await authenticator.authenticate("x");
    authenticator.podGone("uid-web-1");
    const gone = { result: "refused", reason: "pod-gone" };
    expect(await authenticator.authenticate("x")).toEqual(gone);
    expect(await authenticator.authenticate("another of that pod")).toEqual(gone);
  });
});

describe("while the API server cannot be asked", () => {
  it("what was good stays good until it ends", async () => {
    const token = tokenUntil(EPOCH + HOUR_MS);
    await authenticator.authenticate(token);
    answer = outage;
    timers.advance(HOUR_MS - 1);
    expect(await authenticator.authenticate(token)).toMatchObject({ result: "peer" });
    expect(counts).toEqual({ good: 1, failed: 1, trusted: 1 });
    timers.advance(1);
    expect(await authenticator.authenticate(token)).toEqual({
      result: "unavailable",
      reason: "review-failed",
    });
  });

  it("each is asked about now and then, and not every time", async () => {
    const token = tokenUntil(EPOCH + HOUR_MS);
    await authenticator.authenticate(token);
    answer = outage;
    timers.advance(TOKEN_LIMITS.goodForMs);
    for (let n = 0; n < 5; n++) await authenticator.authenticate(token);
    expect(asked).toHaveLength(2);
    timers.advance(TOKEN_LIMITS.refusedForMs);
    await authenticator.authenticate(token);
    expect(asked).toHaveLength(3);
  });

  it("what is not known has to come again, and is no worse for it", async () => {
    answer = outage;
    expect(await authenticator.authenticate("x")).toMatchObject({ result: "unavailable" });
    answer = async () => known("web-1");
    expect(await authenticator.authenticate("x")).toMatchObject({ result: "peer" });
  });

  it("nobody waits for ever", async () => {
    answer = (_token, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal)));
    const found = authenticator.authenticate("x");
    await Promise.resolve();
    timers.advance(TOKEN_LIMITS.reviewMs);
    expect(await found).toMatchObject({ result: "unavailable" });
  });
});

describe("many at once", () => {
  it("with one token are one question", async () => {
    const found = await Promise.all([1, 2, 3].map(() => authenticator.authenticate("x")));
    expect([asked.length, found.length]).toEqual([1, 3]);
  });

  it("are asked about a few at a time, and told to come again when too many wait", async () => {
    const open: (() => void)[] = [];
    let most = 0;
    answer = (token) =>
      new Promise((resolve) => {
        open.push(() => resolve(known(token)));
        most = Math.max(most, open.length);
      });
    const { reviewsAtOnceMax, reviewsWaitingMax } = TOKEN_LIMITS;
    const count = reviewsAtOnceMax + reviewsWaitingMax + 5;
    const found = Array.from({ length: count }, (_, n) => authenticator.authenticate(`t${n}`));
    let done = false;
    const all = Promise.all(found).finally(() => {
      done = true;
    });
    while (!done) {
      open.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const results = (await all).map(({ result }) => result);
    expect(results.filter((one) => one === "unavailable")).toHaveLength(5);
    expect(most).toBe(reviewsAtOnceMax);
    expect(asked).toHaveLength(count - 5);
  });

  it("that are made up push nobody out", async () => {
    await authenticator.authenticate("good");
    answer = async () => ({ result: "refused", reason: "token-invalid" });
    for (let n = 0; n < TOKEN_LIMITS.refusedMax + 10; n++)
      await authenticator.authenticate(`x${n}`);
    asked.length = 0;
    expect(await authenticator.authenticate("good")).toMatchObject({ result: "peer" });
    expect(asked).toEqual([]);
  });
});

describe("a review", () => {
  const user = {
    username: "system:serviceaccount:shop:web",
    extra: {
      "authentication.kubernetes.io/pod-name": ["web-1"],
      "authentication.kubernetes.io/pod-uid": ["u1"],
    },
  };
  const good = { authenticated: true, audiences: ["heddle"], user };

  it("names the pod", () => {
    const identity = { namespace: "shop", name: "web-1", serviceAccount: "web", podUid: "u1" };
    expect(parseReview({ status: good }, "heddle")).toEqual({ result: "known", identity });
  });

  it.each([
    ["not authenticated", { ...good, authenticated: false }, "token-invalid"],
    ["for others", { ...good, audiences: ["https://kubernetes.default.svc"] }, "token-audience"],
    ["by one that knows no audiences", { ...good, audiences: undefined }, "token-audience"],
    ["of a user", { ...good, user: { username: "admin" } }, "token-user"],
    [
      "of a node that calls itself so",
      { ...good, user: { ...user, username: "system:serviceaccount:a:b:c" } },
      "token-user",
    ],
    ["bound to no pod", { ...good, user: { username: user.username } }, "token-unbound"],
    ["with an extra of another shape", { ...good, user: { ...user, extra: 5 } }, "token-unbound"],
  ])("%s refuses", (_what, status, reason) => {
    expect(parseReview({ status }, "heddle")).toEqual({ result: "refused", reason });
  });

  it.each([null, {}, { status: 5 }])("that is none (%j) is an error", (value) => {
    expect(() => parseReview(value, "heddle")).toThrow("TokenReview");
  });
});

it.each(["", "a.b.c", "a", `a.${Buffer.from('{"exp":"soon"}').toString("base64url")}.c`])(
  "a token does not say when it ends: %s",
  (token) => expect(tokenExpiryWallMs(token)).toBeUndefined(),
);
