import { describe, expect, it } from "vitest";
import { EXIT, ProgramError } from "../../base/program.ts";
import type { Answer } from "./answer.ts";
import { ask, type Peer } from "./ask.ts";
import { type HttpAnswer, HttpError, type HttpGet } from "./http.ts";

const OPERATOR: Peer = {
  name: "the operator",
  flag: "--operator-admin",
  address: { host: "127.0.0.1", port: 4192 },
};
const readName = (answer: Answer): string => answer.text("name");

async function failure(get: HttpGet): Promise<ProgramError> {
  try {
    await ask({ get }, OPERATOR, "/objects?kind=X", readName);
  } catch (error) {
    if (error instanceof ProgramError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

const answering =
  (answer: HttpAnswer): HttpGet =>
  () =>
    Promise.resolve(answer);

describe("ask", () => {
  it("reads what is answered", async () => {
    const get = answering({ status: 200, text: '{"name":"web"}' });
    expect(await ask({ get }, OPERATOR, "/", readName)).toBe("web");
  });

  it("says which program to start when nothing listens", async () => {
    const error = await failure(() =>
      Promise.reject(new HttpError("refused", "nothing listens there")),
    );
    expect(error.exitCode).toBe(EXIT.unavailable);
    expect(error.message).toBe(
      "cannot reach the operator at 127.0.0.1:4192: nothing listens there; start it with " +
        '"heddle run DIR" or "heddle operator DIR", or say where it is with --operator-admin',
    );
  });

  it("names the flag when there is no answer", async () => {
    const error = await failure(() => Promise.reject(new HttpError("timeout", "no answer")));
    expect(error.message).toContain("check the address given with --operator-admin");
  });

  it.each([
    ["not JSON", { status: 200, text: "<html>" }, "the answer is not JSON"],
    ["no object", { status: 200, text: "[]" }, "the answer should be an object, and is a list"],
    [
      "another shape",
      { status: 200, text: '{"name":7}' },
      "name should be a string, and is number",
    ],
    ["no such page", { status: 404, text: "" }, "it answers 404"],
  ])("tells a stranger by %s", async (_name, answer, why) => {
    const error = await failure(answering(answer));
    expect(error.message).toContain("127.0.0.1:4192/objects is not the operator of this version");
    expect(error.message).toContain(why);
    expect(error.exitCode).toBe(EXIT.unavailable);
  });

  it("passes on what the operator says, and nothing that a terminal obeys", async () => {
    const error = await failure(answering({ status: 400, text: "no such kind \u001b[2J\n" }));
    expect(error.message).toBe("the operator at 127.0.0.1:4192 answers 400: no such kind \\x1b[2J");
    expect(error.exitCode).toBe(EXIT.failed);
  });
});
