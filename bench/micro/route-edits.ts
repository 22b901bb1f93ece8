/** What it costs to write a head that a route changes: fields, and the path. */
import { DEFAULT_BEHAVIOUR, type RouteBehaviour } from "../../mesh/route-behaviour.ts";
import { compileRouteEdits } from "../../proxy/exchange/route-edits.ts";
import { sampleRequest } from "../../proxy/exchange/sample-exchange.ts";
import { ByteWriter } from "../../wire/http1/byte-writer.ts";
import { HeadEdits, writeRequestHead } from "../../wire/http1/forward.ts";
import { runMicroBench, type Subject } from "./harness.ts";

const REQUEST =
  "GET /api/orders/1 HTTP/1.1\r\nHost: web.shop\r\nUser-Agent: bench\r\nAccept: */*\r\n" +
  "Accept-Encoding: gzip\r\nX-Request-Id: 0123456789abcdef\r\n\r\n";

function written(name: string, behaviour: Partial<RouteBehaviour>): Subject {
  const head = sampleRequest(REQUEST);
  const writer = new ByteWriter(1024);
  const edits = new HeadEdits();
  const request = compileRouteEdits({ ...DEFAULT_BEHAVIOUR, ...behaviour })?.request ?? null;
  const run = (times: number): number => {
    for (let index = 0; index < times; index++) {
      writer.reset();
      edits.lines = request?.lines ?? null;
      if (request !== null) {
        edits.dropped = request.dropped;
        request.editTarget(head, edits);
      }
      writeRequestHead(writer, head, edits);
    }
    return writer.length;
  };
  return { name, run };
}

const set = [{ name: "x-mesh", value: "heddle" }];
const rewrite = { path: "", pathPrefix: "/all/", matchedPrefix: "/api/", host: "" };

runMicroBench([
  written("write a head as it is", {}),
  written("with a header set and one removed", {
    requestHeaders: { set, add: [], remove: ["x-secret"] },
  }),
  written("with another beginning of the path", { rewrite }),
]);
