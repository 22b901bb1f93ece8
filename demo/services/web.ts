/** The shop's front: puts a page together from the catalog and the reviews. */
import { type CallAnswer, call, serve } from "./service.ts";

serve(async (method, path) => {
  if (method === "POST" && path === "/checkout") {
    const { status, body } = await call("cart", "/checkout", "POST");
    return { status, body };
  }
  const [products, reviews] = await Promise.all([
    call("catalog", "/products"),
    call("reviews", "/products/1/reviews").catch(() => undefined),
  ]);
  const version = reviewsVersion(reviews);
  const page = { products: products.body, reviews: version === "none" ? null : reviews?.body };
  const headers = { "x-reviews-version": version };
  if (path === "/page.json") return { status: products.status, headers, body: page };
  return { status: products.status, headers, body: render(page, version) };
});

/** A shop without reviews still sells: what fails is left out. */
function reviewsVersion(answer: CallAnswer | undefined): string {
  if (answer === undefined || answer.status !== 200) return "none";
  return String(answer.headers["x-reviews-version"] ?? "unknown");
}

function render(page: object, version: string): string {
  const text = JSON.stringify(page, null, 2).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<!doctype html><title>Shop</title><h1>Shop</h1><p>reviews: ${version}</p>
<pre>${text}</pre>
<p>Reload: now and then the other version of the reviews answers.</p>
`;
}
