/** The shopping cart. A checkout is paid through the payment service. */
import { call, serve } from "./service.ts";

let orders = 0;

serve(async (method, path) => {
  if (method !== "POST" || path !== "/checkout") return { body: { orders } };
  const paid = await call("payment", "/charge", "POST");
  if (paid.status !== 200) return { status: 502, body: { error: "not paid", why: paid.body } };
  orders += 1;
  return { body: { order: orders, paid: paid.body } };
});
