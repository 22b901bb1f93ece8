import { describe, expect, it } from "vitest";
import { NOTHING_INHERITED, parseInherited } from "./inherited-sockets.ts";

const PID = 42;

describe("parseInherited", () => {
  it("takes sockets by their names, in their order", () => {
    const env = { LISTEN_PID: "42", LISTEN_FDS: "3", LISTEN_FDNAMES: "outbound:outbound:admin" };
    expect(parseInherited(env, PID)).toEqual({
      sockets: [
        { name: "outbound", fd: 3 },
        { name: "outbound", fd: 4 },
        { name: "admin", fd: 5 },
      ],
      linkFd: null,
    });
  });

  it("knows the process that it follows", () => {
    const env = { LISTEN_FDS: "1", LISTEN_FDNAMES: "inbound", HEDDLE_SUCCESSION_FD: "4" };
    expect(parseInherited(env, PID)).toEqual({
      sockets: [{ name: "inbound", fd: 3 }],
      linkFd: 4,
    });
  });

  it("leaves alone what is for another process, and what is not there", () => {
    expect(parseInherited({}, PID)).toBe(NOTHING_INHERITED);
    const env = { LISTEN_PID: "41", LISTEN_FDS: "1", LISTEN_FDNAMES: "x" };
    expect(parseInherited(env, PID)).toBe(NOTHING_INHERITED);
  });

  it.each([
    [{ LISTEN_FDS: "two" }, "LISTEN_FDS=two"],
    [{ LISTEN_FDS: "-1" }, "LISTEN_FDS=-1"],
    [{ LISTEN_FDS: "1" }, "the socket without a name is none of admin, outbound, inbound"],
    [{ LISTEN_FDS: "2", LISTEN_FDNAMES: "admin" }, "FileDescriptorName="],
    [{ LISTEN_FDS: "1", LISTEN_FDNAMES: "web.socket" }, "the socket web.socket is none"],
  ])("says what is wrong with %j", (env, text) => {
    expect(parseInherited(env, PID)).toContain(text);
  });
});
