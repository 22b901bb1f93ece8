/**
 * Answers in place of any backend: the caller is told where to ask. What the route leaves open is
 * the request's own, and where it can be, left out of `Location`: a reference without a scheme or
 * host keeps the caller's, which knows better than this hop whether it came by TLS.
 */
import { PathRewrite } from "../../mesh/rewrite-path.ts";
import type { Redirect } from "../../mesh/route-behaviour.ts";
import type { Head } from "../../wire/http1/head.ts";
import { latin1 } from "../../wire/http1/latin1.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { ownHead } from "../exchange/own-head.ts";
import { Layer } from "./layer.ts";

const REASONS: Readonly<Record<Redirect["status"], string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
};

export class RedirectLayer extends Layer {
  readonly #redirect: Redirect;
  readonly #path: PathRewrite;

  constructor(redirect: Redirect) {
    super();
    this.#redirect = redirect;
    this.#path = new PathRewrite(redirect);
  }

  override start(exchange: Exchange): void {
    const { status } = this.#redirect;
    const location = this.#location(exchange.head);
    const fields = `Location: ${location}\r\nContent-Length: 0\r\n`;
    this.above.head(exchange, ownHead(status, REASONS[status], fields));
    this.above.end(exchange);
  }

  /** Nothing is under way below. */
  override cancel(): void {}

  #location(head: Head): string {
    const { scheme, host } = this.#redirect;
    const path = this.#path.of(head.pathText());
    const target = escapeTarget(path + latin1(head.bytes, head.pathEnd, head.targetEnd));
    if (host !== "") return `${scheme === "" ? "" : `${scheme}:`}//${host}${target}`;
    if (scheme !== "" || looksLikeHost(target)) {
      return `${scheme === "" ? "http" : scheme}://${head.authorityText()}${target}`;
    }
    return target;
  }
}

/** `//name` would be read as a host, and a caller sent where the request's sender likes. */
function looksLikeHost(target: string): boolean {
  return /^\/[/\\]/.test(target);
}

function escapeTarget(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
