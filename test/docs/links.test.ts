/** What pages point at is there: other pages, their headings, and files of the repository. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const pages = globSync(["*.md", "docs/**/*.md", "demo/*.md", "bench/*.md"], { cwd: root }).sort();

/** Folders of the repository; a path in a page that begins with one must exist. */
const FOLDERS =
  /^(?:base|wire|mesh|crds|operator|proxy|cli|bin|config|test|bench|demo|docs|tools)\//;
/** Made on the machine, not committed. */
const MADE = /^(?:bench\/results\/|dist\/|mesh\/endpoints\.yaml$)/;

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");

  it("links to what is there", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
    expect(links.filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it("names files that are there", () => {
    const spans = [...text.matchAll(/`([\w./-]+)`/g)].map(([, span]) => span ?? "");
    const paths = spans.filter((span) => FOLDERS.test(span) && !MADE.test(span));
    const missing = paths.filter(
      (path) => !existsSync(join(root, path)) && !existsSync(join(root, dirname(page), path)),
    );
    expect(missing).toEqual([]);
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  if (/^https?:/.test(link)) return true;
  const [path = "", heading] = link.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(root, file))) return false;
  return heading === undefined || headingsOf(file).includes(heading);
}

/** As code hosts make them: lower case, blanks to hyphens, other signs dropped. */
function headingsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replace(/\s/g, "-"),
  );
}
