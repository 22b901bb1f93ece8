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

  it.each([
    ["a context that is not there", { current: "dev", contexts: { dev } }, "prd", "but dev"],
    ["no current context", { contexts: { dev } }, undefined, "no current context"],
  ])("tells of %s", async (_, sample, context, message) => {
    await expect(readKubeconfig([file("wrong", sample)], context)).rejects.toThrow(message);
  });
});
