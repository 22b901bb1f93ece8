import { expect, it } from "vitest";
import { explainListening } from "./listen-failure.ts";

function explained(place: string, code: string): Promise<unknown> {
  return explainListening("--control", place, Promise.reject(Object.assign(new Error(), { code })));
}

it.each([
  ["127.0.0.1:80", "EACCES", "--control 127.0.0.1:80: this user may not listen on that port"],
  ["127.0.0.1:4190", "EADDRINUSE", "the port is in use; choose another with this flag"],
  ["8.8.8.8:4190", "EADDRNOTAVAIL", "this is no address of this machine"],
  ["unix:/run/no/a", "ENOENT", "--control unix:/run/no/a: the folder of the socket is not there"],
  ["unix:/root/a", "EACCES", "this user may not make a socket there"],
  ["unix:/run/a", "EADDRINUSE", "the socket is in use"],
  ["127.0.0.1:4190", "EMFILE", "--control 127.0.0.1:4190: EMFILE"],
])("says of %s and %s what is wrong", async (place, code, wanted) => {
  await expect(explained(place, code)).rejects.toThrow(wanted);
});
