/**
 * The canonical text of endpoint sets, put together from the texts of their endpoints. Of a set of
 * ten thousand one endpoint changes and the others are the same objects as before: to encode all
 * of them anew would hold up the loop for twenty times as long.
 */
import { encodeCanonical } from "../../base/canonical-json.ts";
import type { Endpoint, EndpointSet } from "../../mesh/endpoint-set.ts";

export class EndpointEncoder {
  /** As long as somebody holds the endpoint. */
  readonly #texts = new WeakMap<Endpoint, string>();

  /** What `encodeCanonical` makes of the set. */
  encode({ endpoints, ...rest }: EndpointSet): string {
    const texts = endpoints.map((endpoint) => this.#text(endpoint));
    // "endpoints" is the first of its keys, in the order of the canonical text.
    return `{"endpoints":[${texts.join(",")}],${encodeCanonical(rest).slice(1)}`;
  }

  #text(endpoint: Endpoint): string {
    let text = this.#texts.get(endpoint);
    if (text === undefined) {
      text = encodeCanonical(endpoint);
      this.#texts.set(endpoint, text);
    }
    return text;
  }
}
