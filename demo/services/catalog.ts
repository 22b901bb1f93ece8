/** What there is to buy. */
import { serve } from "./service.ts";

const PRODUCTS = [
  { id: 1, name: "Heddle bar, wire", price: 19.5 },
  { id: 2, name: "Shuttle, beech", price: 24 },
  { id: 3, name: "Reed, 40/10", price: 61 },
];

serve((_method, path) => {
  if (path === "/products") return { body: PRODUCTS };
  const found = PRODUCTS.find((product) => path === `/products/${product.id}`);
  return found === undefined
    ? { status: 404, body: { error: "no such product" } }
    : { body: found };
});
