import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKubeconfig } from "./kubeconfig.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Sample {
  readonly current?: string;
  /** Names of contexts with their servers and users' tokens. */
  readonly contexts: Readonly<
    Record<string, { server: string; token: string; namespace?: string }>
  >;
}

function file(name: string, { current, contexts }: Sample): string {
  const path = join(folder, name);
  const entries = Object.entries(contexts);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    ...(current === undefined ? {} : { "current-context": current }),
    clusters: entries.map(([key, { server }]) => ({ name: `c-${key}`, cluster: { server } })),
    users: entries.map(([key, { token }]) => ({ name: `u-${key}`, user: { token } })),
    contexts: entries.map(([key, { namespace }]) => ({
      name: key,
      context: {
        ...{ cluster: `c-${key}`, user: `u-${key}` },
        ...(namespace === undefined ? {} : { namespace }),
      },
    })),
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

describe("readKubeconfig", () => {
  const dev = { server: "https://dev:6443", token: "d", namespace: "shop" };
  const prod = { server: "https://prod:6443", token: "p" };

  it("takes the current context, or the one that is named", async () => {
    const path = file("one", { current: "dev", contexts: { dev, prod } });
    const current = await readKubeconfig([path], undefined);
    expect(current).toMatchObject({ context: "dev", namespace: "shop", server: dev.server });
    const named = await readKubeconfig([path], "prod");
    expect(named).toMatchObject({ context: "prod", namespace: "", server: prod.server });
    const { headers, server } = await named.readCredentials(false);
    expect([headers.authorization, server]).toEqual(["Bearer p", prod.server]);
  });

  it("joins files, of which the first decides", async () => {
    const first = file("first", { contexts: { dev } });
    const second = file("second", {
      current: "prod",
      contexts: { dev: { server: "https://other:6443", token: "o" }, prod },
    });
    const both = await readKubeconfig([first, second], undefined);
    expect(both).toMatchObject({ context: "prod", server: prod.server });
    expect(await readKubeconfig([first, second], "dev")).toMatchObject({ server: dev.server });
  });

  it("reads the file again when credentials have been refused", async () => {
    const path = file("renewed", { current: "dev", contexts: { dev } });
    const { readCredentials } = await readKubeconfig([path], undefined);
    file("renewed", { current: "dev", contexts: { dev: { ...dev, token: "new" } } });
    expect((await readCredentials(false)).headers.authorization).toBe("Bearer d");
    expect((await readCredentials(true)).headers.authorization).toBe("Bearer new");
  });

  it("says in one line which file is none", async () => {
    const path = join(folder, "broken");
    writeFileSync(path, "apiVersion: [\n");
    const failure = await readKubeconfig([path], undefined).catch((error: unknown) => error);
    expect(String(failure)).toMatch(/^Error: .*broken cannot be read: [^\n]+$/);
  });

  const withUser = (name: string, user: object | undefined, cluster: object = {}): string => {
    const path = join(folder, name);
    const users = user === undefined ? [] : [{ name: "u", user }];
    const clusters = [{ name: "c", cluster: { server: dev.server, ...cluster } }];
    const contexts = [{ name: "dev", context: { cluster: "c", user: "u" } }];
    writeFileSync(path, JSON.stringify({ "current-context": "dev", clusters, users, contexts }));
    return path;
  };
  const authorization = async (path: string, renew = false) => {
    const { readCredentials } = await readKubeconfig([path], undefined);
    return (await readCredentials(renew)).headers.authorization;
  };

  it("reads a token from its file beside the kubeconfig, and before one within", async () => {
    writeFileSync(join(folder, "token"), "first\n");
    const path = withUser("by-file", { token: "written", tokenFile: "token" });
    const { readCredentials } = await readKubeconfig([path], undefined);
    writeFileSync(join(folder, "token"), "second\n");
    expect((await readCredentials(false)).headers.authorization).toBe("Bearer first");
    expect((await readCredentials(true)).headers.authorization).toBe("Bearer second");
    const gone = withUser("gone", { tokenFile: "no-such-token" });
    await expect(readKubeconfig([gone], undefined)).rejects.toThrow("no-such-token");
  });

  it("runs a program beside the kubeconfig, and tells it what kubectl would", async () => {
    const apiVersion = "client.authentication.k8s.io/v1";
    const script =
      "#!/bin/sh\n" +
      `printf '{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"%s"}}' ` +
      `"$(printf %s "$MINE$KUBERNETES_EXEC_INFO" | base64 -w0)"\n`;
    writeFileSync(join(folder, "helper"), script, { mode: 0o755 });
    const exec = { apiVersion, command: "./helper", env: [{ name: "MINE", value: "1" }] };
    const told = async (more: object): Promise<string> => {
      const path = withUser("program", { exec: { ...exec, ...more } });
      const [, token = ""] = (await authorization(path))?.split(" ") ?? [];
      return Buffer.from(token, "base64").toString("utf8");
    };
    const spec = { interactive: false };
    expect(await told({})).toBe(`1${JSON.stringify({ kind: "ExecCredential", apiVersion, spec })}`);
    expect(await told({ provideClusterInfo: true })).toContain(
      `"cluster":{"server":"${dev.server}"`,
    );
  });

  it.each([
    ["is not there", { command: "./none", installHint: "get it\nthere" }, "is not there; get it"],
    ["fails", { command: "sh", args: ["-c", "echo no login >&2; exit 3"] }, "failed: no login"],
    ["fails silently", { command: "false" }, "failed: it did not say why"],
    [
      "says something else",
      { command: "echo", args: ["hello"] },
      "echo of user credentials failed",
    ],
  ])("says of a program that it %s", async (_, exec, message) => {
    await expect(authorization(withUser("failing", { exec }))).rejects.toThrow(message);
  });

  it("shows a server without TLS nothing, and takes a context without a user", async () => {
    const path = withUser("plain", { token: "d" }, { server: "http://127.0.0.1:8001" });
    expect(await authorization(path)).toBeUndefined();
    writeFileSync(
      path,
      JSON.stringify({
        "current-context": "dev",
        clusters: [{ name: "c", cluster: { server: dev.server, "tls-server-name": "api" } }],
        contexts: [{ name: "dev", context: { cluster: "c" } }],
      }),
    );
    const { readCredentials } = await readKubeconfig([path], undefined);
    const { headers, tls } = await readCredentials(false);
    expect([headers, tls.serverName]).toEqual([{}, "api"]);
  });

  it("comes as nobody else than the file says", async () => {
    const path = withUser("as", { token: "d", as: "jane" });
    const { readCredentials } = await readKubeconfig([path], undefined);
    expect((await readCredentials(false)).headers["impersonate-user"]).toBe("jane");
    const groups = withUser("groups", { token: "d", as: "jane", "as-groups": ["dev"] });
    await expect(readKubeconfig([groups], undefined)).rejects.toThrow('user "u" has as-groups');
    const nobody = withUser("nobody", undefined);
    await expect(readKubeconfig([nobody], undefined)).rejects.toThrow('has no user "u", whom');
  });

  it("skips files with nothing in them, and says which is none", async () => {
    const blank = join(folder, "blank");
    writeFileSync(blank, "# nothing yet\n\n");
    await expect(readKubeconfig([blank], undefined)).rejects.toThrow("has no current context");
    const some = file("some", { current: "dev", contexts: { dev } });
    expect(await readKubeconfig([blank, some], undefined)).toMatchObject({ context: "dev" });
    writeFileSync(blank, "hello\n");
    const none = `${blank} cannot be read: it is no kubeconfig`;
    await expect(readKubeconfig([blank], undefined)).rejects.toThrow(none);
  });

  it.each([
    ["a context that is not there", { current: "dev", contexts: { dev } }, "prd", "but dev"],
    ["no current context", { contexts: { dev } }, undefined, "no current context"],
  ])("tells of %s", async (_, sample, context, message) => {
    await expect(readKubeconfig([file("wrong", sample)], context)).rejects.toThrow(message);
  });
});
