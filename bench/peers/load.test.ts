import { describe, expect, test } from "vitest";
import { parseFortio, parseWrk } from "./load.ts";

const WRK = `Running 4s test @ http://127.0.0.1:19100/api/r7/items
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.47ms  303.70us  10.76ms   97.27%
    Req/Sec    43.77k     1.56k   45.39k    92.50%
  174197 requests in 4.00s, 39.38MB read
Requests/sec:  43546.15
Transfer/sec:      9.84MB
`;

describe("what wrk prints", () => {
  test("gives the count and the rate", () => {
    expect(parseWrk(WRK)).toEqual({ requestCount: 174_197, requestsPerSecond: 43_546.15 });
  });

  test.each(["  Non-2xx or 3xx responses: 3\n", "  Socket errors: connect 0, read 2, write 0\n"])(
    "is refused when requests failed: %s",
    (line) => {
      expect(() => parseWrk(WRK + line)).toThrow(line.trim());
    },
  );

  test("is refused when it is something else", () => {
    expect(() => parseWrk("unable to connect")).toThrow("unable to connect");
  });
});

describe("fortio's report", () => {
  const report = {
    ActualQPS: 9998.5,
    RetCodes: { "200": 100 },
    DurationHistogram: {
      Count: 100,
      Percentiles: [
        { Percentile: 50, Value: 0.000151 },
        { Percentile: 99, Value: 0.0012 },
        { Percentile: 99.9, Value: 0.0034 },
      ],
    },
  };

  test("gives percentiles in microseconds", () => {
    expect(parseFortio(report)).toEqual({
      requestCount: 100,
      requestsPerSecond: 9998.5,
      p50Us: 151,
      p99Us: 1200,
      p999Us: 3400,
    });
  });

  test("is refused when any answer was not 200", () => {
    expect(() => parseFortio({ ...report, RetCodes: { "200": 99, "-1": 1 } })).toThrow("-1");
  });

  test("is refused without the percentiles that were asked for", () => {
    const DurationHistogram = { Count: 1, Percentiles: [{ Percentile: 50, Value: 1 }] };
    expect(() => parseFortio({ ...report, DurationHistogram })).toThrow("99");
  });
});
