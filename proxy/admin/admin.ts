/**
 * The proxy's own pages, served by the same connections that carry traffic. What only this
 * machine may see answers to loopback alone, and only under a name that cannot be somebody
 * else's, so that no web page can reach it through a browser.
 */
import { isLoopbackHost } from "../../base/address.ts";
import type { Fault } from "../../base/fault.ts";
import { FieldName } from "../../wire/http1/field-name.ts";
import { METHOD_GET, METHOD_HEAD, METHOD_POST } from "../../wire/http1/method.ts";
import type { ExchangeService, ServerConnection } from "../connection/server-connection.ts";
import { type Exchange, INBOUND, type OwnAnswer } from "../exchange/exchange.ts";
import { OpenConnections } from "../lifecycle/open-connections.ts";

/** Browsers send it with every POST that a page of somebody else makes. */
const ORIGIN = new FieldName("origin");

export interface AdminPage {
  readonly path: string;
  /** GET and HEAD if absent. What changes something is asked for by POST. */
  readonly method?: "POST";
  /** Only from this machine. */
  readonly loopbackOnly: boolean;
  /** `query` is without its question mark. */
  readonly answer: (query: URLSearchParams) => OwnAnswer | Promise<OwnAnswer>;
}

export class Admin implements ExchangeService {
  readonly direction = INBOUND;
  readonly connections = new OpenConnections();
  readonly #pages = new Map<string, AdminPage>();

  constructor(pages: readonly AdminPage[]) {
    for (const page of pages) this.#pages.set(page.path, page);
  }

  get draining(): boolean {
    return this.connections.leaving;
  }

  start(exchange: Exchange): void {
    const { head } = exchange;
    const page = this.#pages.get(head.pathText());
    if (page === undefined) {
      respond(exchange, text(404, `there is: ${[...this.#pages.keys()].join(" ")}\n`));
    } else if (!hasMethod(exchange, page)) {
      respond(exchange, text(405, `only ${page.method ?? "GET"} is answered here\n`));
    } else if (page.loopbackOnly && !isFromThisMachine(exchange)) {
      respond(exchange, text(403, "this page answers to this machine only\n"));
    } else if (page.method === "POST" && head.find(ORIGIN) >= 0) {
      respond(exchange, text(403, "this is not for web pages\n"));
    } else {
      this.#serve(exchange, page, head.targetText());
    }
  }

  /** What a page answers, for one that is served elsewhere. Rejects where there is none. */
  async ask(path: string, query: string): Promise<OwnAnswer> {
    const page = this.#pages.get(path);
    if (page === undefined) throw new Error(`there is no page ${path}`);
    return await page.answer(new URLSearchParams(query));
  }

  /** A page that is still being made finds out by itself. */
  cancel(_exchange: Exchange): void {}

  refused(_fault: Fault): void {}

  closed(connection: ServerConnection): void {
    this.connections.delete(connection);
  }

  #serve(exchange: Exchange, page: AdminPage, target: string): void {
    const at = target.indexOf("?");
    const query = new URLSearchParams(at < 0 ? "" : target.slice(at + 1));
    const made = page.answer(query);
    if (!(made instanceof Promise)) {
      respond(exchange, made);
      return;
    }
    const { serial } = exchange;
    const finish = (answer: OwnAnswer): void => {
      if (exchange.active && exchange.serial === serial) respond(exchange, answer);
    };
    made.then(finish, (error: unknown) => finish(text(500, `${String(error)}\n`)));
  }
}

function hasMethod({ head }: Exchange, { method }: AdminPage): boolean {
  if (method === "POST") return head.methodCode === METHOD_POST;
  return head.methodCode === METHOD_GET || head.methodCode === METHOD_HEAD;
}

function respond(exchange: Exchange, answer: OwnAnswer): void {
  exchange.downstream.respond(exchange, answer);
}

/** The name under which a browser came here must be an address or `localhost` (DNS rebinding). */
function isFromThisMachine(exchange: Exchange): boolean {
  const host = exchange.head
    .authorityText()
    .replace(/:\d*$/, "")
    .replace(/^\[|\]$/g, "");
  return isLoopbackHost(exchange.downstream.remoteAddress) && isLoopbackHost(host);
}

export function text(status: number, body: string): OwnAnswer {
  return { status, fields: "Content-Type: text/plain; charset=utf-8\r\n", body };
}

export function json(body: unknown): OwnAnswer {
  return {
    status: 200,
    fields: "Content-Type: application/json\r\n",
    body: `${JSON.stringify(body)}\n`,
  };
}
