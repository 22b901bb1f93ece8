/**
 * Takes the money. With FLAKY_MS set it stops listening now and then for that long, so that
 * connections to it are refused: what a process that restarts looks like from outside.
 */
import type { Server } from "node:http";
import { serve } from "./service.ts";

const flakyMs = Number(process.env.FLAKY_MS ?? 0);
let charges = 0;

const server = serve((method, path) => {
  if (method !== "POST" || path !== "/charge") return { body: { charges } };
  charges += 1;
  return { body: { charge: charges, by: process.env.NAME ?? "payment" } };
});

if (flakyMs > 0) setInterval(() => toggle(server), flakyMs);

function toggle(one: Server): void {
  if (one.listening) {
    one.close();
    one.closeAllConnections();
  } else {
    one.listen(Number(process.env.PORT), "127.0.0.1");
  }
}
