/** `heddle profile`, judged by lint. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { EXIT } from "../../base/program.ts";
import { lintFiles } from "../../crds/lint.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext } from "../memory-context.ts";

async function heddle(line: string, stdin = "") {
  const context = createMemoryContext({ stdin });
  const code = await runVerb(["profile", ...line.split(" ")], context);
  return { code, stdout: context.io.stdout.text, stderr: context.io.stderr.text };
}

interface Route {
  readonly name: string;
  readonly condition: object;
  readonly [key: string]: unknown;
}

function routesOf(text: string): readonly Route[] {
  return (parse(text) as { spec: { routes?: Route[] } }).spec.routes ?? [];
}

function problemsOf(text: string) {
  const bytes = new TextEncoder().encode(text);
  const all = lintFiles([{ file: "out.yaml", bytes }]);
  return all.filter(({ severity }) => severity !== "note");
}

const openApi = (document: object | string) =>
  heddle("books --open-api -", typeof document === "string" ? document : JSON.stringify(document));

describe("heddle profile --open-api", () => {
  const example = (name: string) => join(import.meta.dirname, "examples", name);

  it.each(readdirSync(join(import.meta.dirname, "examples")).filter((one) => /yaml$/.test(one)))(
    "understands %s",
    async (name) => {
      const { code, stdout, stderr } = await heddle(`petstore --open-api ${example(name)}`);
      expect([code, stderr]).toEqual([EXIT.ok, ""]);
      expect(problemsOf(stdout)).toEqual([]);
      expect(routesOf(stdout).map((route) => route.name)).toEqual([
        "GET /v1/pets",
        "POST /v1/pets",
        "GET /v1/pets/mine",
        "DELETE /v1/pets/{petId}",
        "GET /v1/pets/{petId}",
        "PUT /v1/pets/{petId}/photos/{name}.jpg",
      ]);
    },
  );

  it("says the same of both versions of one API", async () => {
    const [two, three] = await Promise.all(
      ["petstore-2.yaml", "petstore-3.yaml"].map((name) =>
        heddle(`petstore --open-api ${example(name)}`),
      ),
    );
    expect(two?.stdout).toBe(three?.stdout);
    const get = routesOf(two?.stdout ?? "").find(({ name }) => name === "GET /v1/pets/{petId}");
    expect(get).toEqual({
      name: "GET /v1/pets/{petId}",
      condition: { method: "GET", pathRegex: "/v1/pets/[^/]*" },
      responseClasses: [
        { condition: { status: { min: 200 } }, isFailure: false },
        { condition: { status: { min: 404 } }, isFailure: false },
        { condition: { status: { min: 500, max: 599 } }, isFailure: true },
      ],
      isRetryable: true,
      timeout: "250ms",
    });
  });

  it("takes literal paths as they are, and escapes what means something", async () => {
    const paths = { "/a.b/{x}": { get: {} }, "/c d/ü": { get: {} }, "/e%20f": { get: {} } };
    const { stdout } = await openApi({ openapi: "3.1.0", paths });
    expect(routesOf(stdout).map(({ condition }) => condition)).toEqual([
      { method: "GET", pathRegex: "/a\\.b/[^/]*" },
      { method: "GET", path: "/c%20d/%C3%BC" },
      { method: "GET", path: "/e%20f" },
    ]);
  });

  it("puts paths below the server's, the nearest one's first", async () => {
    const servers = (url: string) => ({ servers: [{ url }] });
    const { stdout } = await openApi({
      openapi: "3.0.3",
      servers: [
        { url: "https://{host}/{v}/", variables: { host: { default: "h" }, v: { default: "2" } } },
      ],
      paths: {
        "/a": { get: {} },
        "/b": { ...servers("/b2"), get: {}, put: servers("http://x:80/b3/") },
      },
    });
    expect(routesOf(stdout).map(({ name }) => name)).toEqual([
      "GET /2/a",
      "GET /b2/b",
      "PUT /b3/b",
    ]);
  });

  it("follows references to paths, and tells of those that leave the document", async () => {
    const { code, stdout, stderr } = await openApi(`openapi: 3.1.0
paths:
  /a:
    $ref: '#/components/pathItems/~1a'
  /b:
    $ref: other.yaml#/b
  /c:
    $ref: '#/paths/~1c'
components:
  pathItems:
    /a: { get: {} }
`);
    expect(code).toBe(EXIT.failed);
    expect(routesOf(stdout).map(({ name }) => name)).toEqual(["GET /a"]);
    expect(stderr).toContain(
      '<stdin>:6:11: error: paths."/b"."$ref": stands in another document ' +
        "(join the documents into one first)\n",
    );
    expect(stderr).toContain('paths."/c": leads in a circle\n2 errors: what they are about was');
  });

  it.each([
    ["openapi: 3.0.0\npaths:\n  /a:\n    get:\n      x-heddle-timeout: soon\n", ":5:25: error"],
    ["openapi: 3.0.0\npaths:\n  a: {}\n", ":3:6: error: paths.a: is no path"],
    ["openapi: 3.0.0\npaths: [1]\n", "error: paths: should be a map of paths"],
    ["openapi: 3.0.0\npaths:\n  /a:\n    get: yes\n", "should be an operation"],
    ["swagger: '1.2'\n", "is no OpenAPI document (it says openapi: 3.x"],
    ["a: [1\n", "<stdin>:2:1: is neither JSON nor YAML"],
    ['{\n  "openapi": 3,\n', "<stdin>:3:1: is neither JSON nor YAML"],
    ["openapi: 3.0.0\nbasePath: x\n", "no operation was found"],
  ])("tells where %j is wrong", async (text, message) => {
    const { stderr } = await openApi(text);
    expect(stderr).toContain(message);
  });

  it("joins methods where a profile would get too many routes", async () => {
    const operations = { get: {}, put: {}, delete: { "x-linkerd-timeout": "1s" } };
    const item = (at: number) => [`/apis/group-${at}/things/{name}`, operations] as const;
    const paths = Object.fromEntries(Array.from({ length: 450 }, (_, at) => item(at)));
    const { code, stdout, stderr } = await openApi({ swagger: "2.0", paths });
    expect(code).toBe(EXIT.ok);
    expect(problemsOf(stdout)).toEqual([]);
    expect(routesOf(stdout)).toHaveLength(900);
    expect(routesOf(stdout)[0]?.name).toBe("DELETE /apis/group-0/things/{name}");
    expect(routesOf(stdout)[1]?.name).toBe("GET|PUT /apis/group-0/things/{name}");
    expect(stderr).toBe("methods of one path are one route: a profile has 1000\n");
  });

  it("reads a document of several megabytes in a moment", async () => {
    const schema = { type: "object", description: "x".repeat(200), properties: {} };
    const definitions = Object.fromEntries(
      Array.from({ length: 15_000 }, (_, at) => [`d${at}`, schema] as const),
    );
    const document = { swagger: "2.0", paths: { "/a": { get: {} } }, definitions };
    const { code, stdout } = await openApi(document);
    expect([code, routesOf(stdout).length]).toEqual([EXIT.ok, 1]);
  });

  it("passes lint, whatever the paths are called", async () => {
    const segment = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("{id}", "{id}.json", "a b", "%", "%41", "{", "}", "[^", "(", "{a+}", "é"),
    );
    const path = fc.array(segment, { maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
    const operation = fc.record(
      {
        "x-heddle-timeout": fc.constantFrom("1s", "250ms", "never", "90d"),
        "x-linkerd-retryable": fc.constantFrom(true, false, "true", 7),
        responses: fc.dictionary(
          fc.constantFrom("200", "2XX", "404", "500", "default", "x"),
          fc.constant({}),
        ),
      },
      { requiredKeys: [] },
    );
    const item = fc.dictionary(fc.constantFrom("get", "post", "delete", "head"), operation);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(path, item, { maxKeys: 8 }), async (paths) => {
        const { stdout } = await openApi({ openapi: "3.0.0", paths });
        expect(problemsOf(stdout)).toEqual([]);
      }),
      { numRuns: 80 },
    );
  });
});

describe("heddle profile --proto", () => {
  const SHOP = `edition = "2023";
package shop.v1;
import "not/there.proto";
// The catalogue.
service Books {
  rpc GetBook (GetRequest) returns (other.Book) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = { get: "/v1/books/{id}" };
  }
  rpc Buy (stream BuyRequest) returns (stream BuyAnswer);
  rpc Put (Book) returns (Book) { option idempotency_level = IDEMPOTENT; }
}
service Orders { rpc Buy (Order) returns (Order) {} }
message GetRequest { string id = 1; }
`;

  it("has a route for each method", async () => {
    const { code, stdout, stderr } = await heddle("books -n shop --proto -", SHOP);
    expect([code, stderr, problemsOf(stdout)]).toEqual([EXIT.ok, "", []]);
    const on = (method: string) => ({ method: "POST", path: `/shop.v1.${method}` });
    expect(routesOf(stdout)).toEqual([
      { name: "GetBook", condition: on("Books/GetBook"), isRetryable: true },
      { name: "shop.v1.Books/Buy", condition: on("Books/Buy") },
      { name: "Put", condition: on("Books/Put"), isRetryable: true },
      { name: "shop.v1.Orders/Buy", condition: on("Orders/Buy") },
    ]);
  });

  it("knows the older syntaxes, without a package", async () => {
    for (const syntax of ["proto2", "proto3"]) {
      const text = `syntax = "${syntax}"; service S { rpc M (A) returns (B); }`;
      const { stdout } = await heddle("s --proto -", text);
      expect(routesOf(stdout)[0]?.condition).toEqual({ method: "POST", path: "/S/M" });
    }
  });

  it.each([
    ['syntax = "proto3";\nservice S {\n  rpc M (A) return (B);\n}', "<stdin>:3:1: is no .proto"],
    ["not a proto file", "<stdin>:1:1: is no .proto file"],
  ])("tells where %j is wrong", async (text, message) => {
    const { code, stderr } = await heddle("s --proto -", text);
    expect([code, stderr]).toEqual([EXIT.failed, expect.stringContaining(message)]);
  });
});

describe("heddle profile", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "profile-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("has a template that lint likes", async () => {
    const { code, stdout } = await heddle("books -n shop --template");
    expect([code, problemsOf(stdout)]).toEqual([EXIT.ok, []]);
    expect(parse(stdout).metadata).toEqual({ name: "books", namespace: "shop" });
  });

  it("reads files, and writes JSON", async () => {
    const file = join(folder, "api.json");
    writeFileSync(file, '{"swagger":"2.0","paths":{"/a":{"get":{}}}}');
    const { stdout } = await heddle(`books --open-api ${file} -o json`);
    expect(JSON.parse(stdout).spec.routes[0].name).toBe("GET /a");
    expect(readFileSync(file, "utf8")).toContain("swagger");
  });

  it.each([
    ["books", "give one of --open-api, --proto and --template"],
    ["books --template --proto -", "give one of"],
    ["Books --template", '"Books" is no name of a service'],
    ["books -n a.b --template", '"a.b" is no name'],
    ["books --proto /nowhere", "cannot read /nowhere"],
  ])("refuses %s", async (line, message) => {
    const { code, stderr } = await heddle(line);
    expect(code).not.toBe(EXIT.ok);
    expect(stderr).toContain(message);
  });
});
