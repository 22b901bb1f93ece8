import { expect, it } from "vitest";
import { INBOUND } from "./exchange.ts";
import { copyExchange } from "./exchange-copy.ts";
import { KeptBody } from "./kept-body.ts";
import { SampleCaller, sampleExchange } from "./sample-exchange.ts";
import type { BackendStack, DestinationStack, RouteStack } from "./stacks.ts";

it("is the same request with the same time left, sent by the same rules, on its own", () => {
  const { caller, exchange: first } = sampleExchange("GET /a HTTP/1.1\r\nHost: web\r\n\r\n", 5);
  // They are only carried along.
  const destination = {} as Partial<DestinationStack> as DestinationStack;
  const route = {} as Partial<RouteStack> as RouteStack;
  const backend = {} as Partial<BackendStack> as BackendStack;
  Object.assign(first, { destination, route, backend, attempt: 2, requestBytes: 9 });
  Object.assign(first, { originalDestination: "10.0.0.1:80", direction: INBOUND });
  Object.assign(first, { deadlineMs: 700, hasGrpcTimeout: true });
  const body = new KeptBody();
  const downstream = new SampleCaller();
  const made = copyExchange(first, downstream, body, 40);
  expect(made).toMatchObject({ direction: INBOUND, originalDestination: "10.0.0.1:80" });
  expect(made).toMatchObject({ deadlineMs: 700, hasGrpcTimeout: true, active: true });
  expect(made).toMatchObject({ startedMs: 40, requestEnded: true, requestEndedMs: 40 });
  expect(made).toMatchObject({ attempt: 0, requestBytes: 0, answered: false });
  expect(made.destination).toBe(destination);
  expect(made.route).toBe(route);
  expect(made.backend).toBe(backend);
  expect(made.kept).toBe(body);
  expect(made.downstream).toBe(downstream);
  expect(made.head).not.toBe(first.head);
  expect(made.head.methodText()).toBe("GET");
  expect(first.downstream).toBe(caller);
});
