import { expect, test } from "vitest";
import { chooseCores } from "./machine.ts";

test("the proxy shares its core only where there is no other", () => {
  expect(chooseCores(1)).toEqual({ proxy: 0, load: 0, backend: 0 });
  expect(chooseCores(2)).toEqual({ proxy: 0, load: 1, backend: 1 });
  expect(chooseCores(8)).toEqual({ proxy: 0, load: 1, backend: 2 });
});
