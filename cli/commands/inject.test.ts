import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { EXIT } from "../../base/program.ts";
import { runVerb } from "../main.ts";
import { createMemoryContext } from "../memory-context.ts";

const OTHERS = `# kept as it is
apiVersion: v1
kind: Service
metadata: {name: web}   # with its blanks
spec:   {ports: [{port: 80}]}
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
    name: web   # the shop's face
    namespace: shop
spec:
    selector: {matchLabels: {app: web}}
    template:
        metadata:
            labels:
                app: web
        spec:
            # what runs
            containers:
            -   name: web
                image: "web:1"

                args: ['--x', "yes"]   # as it likes them
`;
const STREAM = `${OTHERS}---\n${DEPLOYMENT}`;

async function run(line: string, stdin: string) {
  const context = createMemoryContext({ stdin });
  const code = await runVerb(line.split(" "), context);
  return { code, stdout: context.io.stdout.text, stderr: context.io.stderr.text };
}

/** With what writing a tree anew would change. */
const WRITTEN_BY_HAND = `# Head comment

---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop


spec:
  replicas: 2      # two


  template:
    metadata:
      labels: { app: web, tier: "front end", release: a-rather-long-value-here, another: one }
      annotations:
        note: this is a plain text
          over two lines
        folded: >-
          folded text
          over lines

          and a paragraph
    spec:
      containers:
      - name: web
        image: web:1
        command: ["sh", "-c", "while true; do echo a rather long command line that goes past eighty; done"]
        # what it is told
        args: ["--a",
               "--b"]
        env:
        - {name: A, value: "1"}
        - name: SCRIPT
          value: |
            #!/bin/sh
            echo one

            echo   two
        resources: {}
      volumes:
      - name: data
        emptyDir: {}
      # the end
...
---
# only a comment
---
apiVersion: v1
kind: ConfigMap
metadata: {name:   x}
`;

/** Lines of `before` that are not in `after`, in order. */
function lostLines(before: string, after: string): readonly string[] {
  const rest = after.split("\n");
  return before.split("\n").filter((line) => {
    const at = rest.indexOf(line);
    rest.splice(0, at + 1);
    return at < 0;
  });
}

function podOf(text: string, index = 0) {
  return parseAllDocuments(text)[index]?.toJS().spec.template.spec;
}

describe("heddle inject", () => {
  it("puts the proxy before the application, and keeps every line that was there", async () => {
    const { code, stdout, stderr } = await run("inject -", STREAM);
    expect(code).toBe(EXIT.ok);
    expect(lostLines(STREAM, stdout)).toEqual([]);
    const names = podOf(stdout, 1).initContainers.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["heddle-init", "heddle-proxy"]);
    expect(stderr).toBe("✓ Deployment shop/web: injected\n1 injected, 0 skipped in 1 file\n");
  });

  it("is undone by heddle uninject, to the byte", async () => {
    const { stdout } = await run("inject -", STREAM);
    const undone = await run("uninject -", stdout);
    expect(undone.stdout).toBe(STREAM);
    expect(undone.stderr).toBe(
      "✓ Deployment shop/web: uninjected\n1 uninjected, 0 skipped in 1 file\n",
    );
    expect((await run("uninject -", undone.stdout)).stderr).toContain("was not injected");
  });

  it("keeps what people write by hand, and gives it back to the byte", async () => {
    const { stdout } = await run("inject -", WRITTEN_BY_HAND);
    // Labels were added to those on this line.
    expect(lostLines(WRITTEN_BY_HAND, stdout)).toEqual([
      '      labels: { app: web, tier: "front end", release: a-rather-long-value-here, another: one }',
    ]);
    expect(podOf(stdout).initContainers).toHaveLength(2);
    expect((await run("uninject -", stdout)).stdout).toBe(WRITTEN_BY_HAND);
  });

  it("keeps a list whose entries are indented unlike the others'", async () => {
    const odd = DEPLOYMENT.replace("            -   name: web", "              -   name: web")
      .replace('                image: "web:1"', '                  image: "web:1"')
      .replace("                args:", "                  args:");
    const { stdout } = await run("inject -", `${DEPLOYMENT}---\n${odd}`);
    expect(podOf(stdout, 1)).toEqual(podOf(stdout, 0));
    expect(stdout).toContain("# as it likes them");
  });

  it("changes nothing the second time", async () => {
    const { stdout } = await run("inject -", STREAM);
    expect((await run("inject -", stdout)).stdout).toBe(stdout);
  });

  it("keeps the line ends of Windows", async () => {
    const { stdout } = await run("inject -", STREAM.replaceAll("\n", "\r\n"));
    expect(stdout.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
  });

  it("writes JSON where it read JSON", async () => {
    const json = JSON.stringify(parse(DEPLOYMENT), null, 4);
    const { stdout } = await run("inject -", json);
    expect(JSON.parse(stdout).spec.template.spec.initContainers).toHaveLength(2);
    expect(stdout).toContain('\n    "kind": "Deployment"');
  });

  it("goes into lists", async () => {
    const items = [parse(OTHERS), parse(DEPLOYMENT)];
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    const { stdout } = await run("inject -", list);
    const { items: edited } = JSON.parse(stdout);
    expect(edited[0]).toEqual(items[0]);
    expect(edited[1].spec.template.spec.initContainers).toHaveLength(2);
  });

  it("changes a pod alone, where its labels are shared by an anchor", async () => {
    const text = DEPLOYMENT.replace(
      "{matchLabels: {app: web}}",
      "{matchLabels: &labels {app: web}}",
    ).replace("labels:\n                app: web", "labels: *labels");
    const { stdout } = await run("inject -", text);
    const { spec } = parse(stdout);
    expect(spec.selector.matchLabels).toEqual({ app: "web" });
    expect(spec.template.metadata.labels).toMatchObject({
      app: "web",
      "heddle.mesh/workload": "web",
    });
  });

  it("writes anew what it cannot edit in place", async () => {
    const text = `x: &meta { labels: { app: on } }\n${DEPLOYMENT.replace(
      "metadata:\n            labels:\n                app: web",
      "metadata: { <<: *meta }",
    )}`;
    const { code, stdout } = await run("inject -", text);
    expect(code).toBe(EXIT.ok);
    // Kubernetes reads YAML 1.1, where a bare "on" is no text.
    expect(stdout).toContain('app: "on"');
    expect(parse(stdout).spec.template.metadata.labels).toMatchObject({
      app: "on",
      "heddle.mesh/workload": "web",
    });
  });

  it("takes a Namespace among the manifests at its word", async () => {
    const namespace =
      "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  annotations:\n" +
      '    heddle.mesh/admin-port: "5191"\n    heddle.mesh/inject: ';
    const enabled = await run("inject -", `${DEPLOYMENT}---\n${namespace}enabled\n`);
    expect(enabled.stdout).toContain("--admin=[::]:5191");
    const disabled = await run("inject -", `${DEPLOYMENT}---\n${namespace}disabled\n`);
    expect(disabled.stdout).toBe(`${DEPLOYMENT}---\n${namespace}disabled\n`);
    expect(disabled.stderr).toContain("· Deployment shop/web: skipped (opted-out): the namespace");
    expect(disabled.code).toBe(EXIT.ok);
  });

  it("takes options for all, and names a wrong one", async () => {
    const { stdout } = await run("inject --set log-level=debug --image x/heddle:9 -", STREAM);
    expect(stdout).toContain("--log-level=debug");
    expect(stdout).toContain("image: x/heddle:9");
    const wrong = await run("inject --set log-level=loud -", STREAM);
    expect(wrong.code).toBe(EXIT.usage);
    expect(wrong.stderr).toContain(
      '--set: log-level must be debug, info, warn or error, not "loud"',
    );
    const misspelt = await run("inject --set log-levle=debug -", STREAM);
    expect(misspelt.stderr).toContain('did you mean "log-level"?');
  });

  it("takes Linkerd's annotations when asked to", async () => {
    const text = DEPLOYMENT.replace(
      "            labels:",
      '            annotations: { config.linkerd.io/skip-outbound-ports: "3306" }\n            labels:',
    );
    expect((await run("inject -", text)).stdout).not.toContain("--skip-outbound-ports");
    expect((await run("inject --linkerd -", text)).stdout).toContain("--skip-outbound-ports=3306");
  });
});

describe("what cannot be injected", () => {
  const HOST = DEPLOYMENT.replace("            # what runs", "            hostNetwork: true");

  it("is told with the reason and the mend, and comes out as it is", async () => {
    const { code, stdout, stderr } = await run("inject -", HOST);
    expect(stdout).toBe(HOST);
    expect(stderr).toContain("‼ Deployment shop/web: skipped (host-network): it uses the host's");
    expect(stderr).toContain("take hostNetwork away");
    expect(code).toBe(EXIT.ok);
    expect((await run("inject --strict -", HOST)).code).toBe(EXIT.failed);
  });

  it("is a mistake when an annotation is wrong", async () => {
    const text = DEPLOYMENT.replace(
      "            labels:",
      "            annotations: { heddle.mesh/workers: none }\n            labels:",
    );
    const { code, stdout, stderr } = await run("inject -", text);
    expect({ code, stdout }).toEqual({ code: EXIT.failed, stdout: text });
    expect(stderr).toContain(
      "✗ Deployment shop/web: skipped (bad-annotation): heddle.mesh/workers",
    );
    expect(stderr).toContain("1 mistake");
  });

  it("disturbs no other document", async () => {
    const broken = "a: [\n";
    const { code, stdout, stderr } = await run("inject -", `${broken}---\n${DEPLOYMENT}`);
    expect(code).toBe(EXIT.failed);
    expect(stdout.startsWith(`${broken}---\n`)).toBe(true);
    expect(stdout).toContain("heddle-proxy");
    expect(stderr).toMatch(/✗ <stdin>:\d/);
  });

  it("says when there is no pod where one should be", async () => {
    const text = "apiVersion: batch/v1\nkind: Job\nmetadata: { name: x }\nspec: {}\n";
    const { code, stdout, stderr } = await run("inject -", text);
    expect({ code, stdout }).toEqual({ code: EXIT.failed, stdout: text });
    expect(stderr).toContain("✗ Job default/x: is left as it is: must be a map");
  });

  it("names a misspelt annotation and goes on", async () => {
    const text = DEPLOYMENT.replace(
      "            labels:",
      '            annotations: { heddle.mesh/wokrers: "2" }\n            labels:',
    );
    const { code, stderr } = await run("inject --quiet -", text);
    expect(code).toBe(EXIT.ok);
    expect(stderr).toContain('did you mean "heddle.mesh/workers"?');
  });
});
