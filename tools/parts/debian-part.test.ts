import { describe, expect, it } from "vitest";
import { listedPaths } from "./debian-part.ts";

describe("listedPaths", () => {
  it("has every path below the root, without what is said beside it", () => {
    const listing = [
      "drwxr-xr-x root/root         0 2023-01-22 20:05 ./",
      "drwxr-xr-x root/root         0 2023-01-22 20:05 ./usr/sbin/",
      "-rwxr-xr-x root/root    100000 2023-01-22 20:05 ./usr/sbin/a tool",
      "lrwxrwxrwx root/root         0 2023-01-22 20:05 ./usr/sbin/link -> a tool",
      "hrwxr-xr-x root/root         0 2023-01-22 20:05 ./usr/sbin/same link to ./usr/sbin/a tool",
      "",
    ];
    expect(listedPaths(listing.join("\n"))).toEqual([
      ...["/usr/sbin", "/usr/sbin/a tool", "/usr/sbin/link", "/usr/sbin/same"],
    ]);
  });
});
