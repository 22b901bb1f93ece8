import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../base/clock.ts";
import { silentLog } from "../../base/log.ts";
import { JOIN_LIMITS, JoinTokens, parseJoinTokens } from "./join-tokens.ts";

const ONE = "1".repeat(32);
const TWO = "2".repeat(32);
const REFUSED = { result: "refused", reason: "token-invalid" };

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-join-"));
});

afterAll(() => rm(folder, { recursive: true }));

describe("tokens in a file", () => {
  it("say who a proxy is, and can be added and taken back", async () => {
    const file = join(folder, "tokens");
    const clock = new ManualClock();
    await writeFile(file, `# ours\n\n${ONE} shop/web-1\n`);
    const tokens = new JoinTokens({ file, clock, log: silentLog });
    await tokens.start();
    const identity = { namespace: "shop", name: "web-1", serviceAccount: "", podUid: "" };
    const peer = { kind: "proxy", identity };
    expect(await tokens.authenticate(ONE)).toEqual({ result: "peer", peer });
    expect(await tokens.authenticate(TWO)).toEqual(REFUSED);
    await writeFile(file, `${TWO}   shop/web-2`);
    expect(await tokens.authenticate(TWO)).toEqual(REFUSED);
    clock.advance(JOIN_LIMITS.rereadMs);
    expect(await tokens.authenticate(TWO)).toMatchObject({ result: "peer" });
    expect(await tokens.authenticate(ONE)).toEqual(REFUSED);
    await writeFile(file, "short shop/web");
    clock.advance(JOIN_LIMITS.rereadMs);
    expect(await tokens.authenticate(TWO)).toMatchObject({ result: "peer" });
  });

  it("are none where the file cannot be read at the start", async () => {
    const file = join(folder, "missing");
    const tokens = new JoinTokens({ file, clock: new ManualClock(), log: silentLog });
    await expect(tokens.start()).rejects.toThrow(`${file} cannot be read: it is not there`);
  });

  it.each([
    ["a token alone", ONE, "line 1 is not"],
    ["no namespace", `\n${ONE} web`, "line 2 is not"],
    ["a namespace that is none", `${ONE} Shop/web`, "line 1 is not"],
    ["a short token", "secret shop/web", "shorter than 32"],
    ["one token twice", `${ONE} a/b\n${ONE} a/c`, "line 2: the token stands above"],
  ])("are refused for %s, without a word of the token", (_what, text, problem) => {
    expect(() => parseJoinTokens(text)).toThrow(problem);
    expect(() => parseJoinTokens(text)).not.toThrow(/secret|1111/);
  });
});
