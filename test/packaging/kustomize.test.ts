import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { installObjects } from "../../install/objects.ts";
import { defaultInstallOptions, type InstallOptions } from "../../install/options.ts";
import { COMPONENTS } from "../../tools/generate/kustomize-files.ts";
import { findProgram } from "../../tools/system-packages.ts";
import { ownObjects, readRendered } from "./rendered-objects.ts";

const config = join(import.meta.dirname, "..", "..", "config");
const kubectl = findProgram("kubectl");
if (kubectl === undefined) console.log("skipped, kustomize: there is no kubectl");

function rendered(folder: string) {
  const options = { encoding: "utf8", maxBuffer: 1 << 26 } as const;
  return readRendered(execFileSync(kubectl ?? "", ["kustomize", folder], options));
}

function own(chosen: Partial<InstallOptions>) {
  return ownObjects(installObjects({ ...defaultInstallOptions(), ...chosen }));
}

describe.skipIf(kubectl === undefined)("kustomize", () => {
  it("makes of the base what an installation with the defaults is", () => {
    expect(rendered(join(config, "default"))).toEqual(own({}));
  });

  it.each(Object.entries(COMPONENTS))("makes of the overlay %s what %o is", (name, chosen) => {
    expect(rendered(join(config, "overlays", name))).toEqual(own(chosen));
  });

  it("puts all components together", () => {
    const folder = mkdtempSync(join(config, "overlays", ".all-"));
    try {
      const resources = [relative(folder, join(config, "default"))];
      const components = Object.keys(COMPONENTS).map((name) =>
        relative(folder, join(config, "components", name)),
      );
      writeFileSync(join(folder, "kustomization.yaml"), stringify({ resources, components }));
      const all = Object.assign({}, ...Object.values(COMPONENTS));
      expect(rendered(folder)).toEqual(own(all));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
