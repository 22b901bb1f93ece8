import { describe, expect, it } from "vitest";
import { portProtocol } from "./port-protocol.ts";

describe("the protocol of a port", () => {
  it.each([
    ["http", "http1"],
    ["HTTP", "http1"],
    ["kubernetes.io/ws", "http1"],
    ["kubernetes.io/h2c", "http2"],
    ["http2", "http2"],
    ["grpc", "http2"],
    ["h2c", "http2"],
    ["tcp", "opaque"],
    ["mysql", "opaque"],
    ["ms-sql-s", "opaque"],
    ["heddle.mesh/opaque", "opaque"],
    ["linkerd.io/opaque", "opaque"],
    ["linkerd.io/tcp", "opaque"],
    ["https", "detect"],
    ["tls", "detect"],
    ["kubernetes.io/wss", "detect"],
    ["example.com/odd", "detect"],
  ])("is by the appProtocol %s %s, whatever the name", (appProtocol, protocol) => {
    expect(portProtocol(appProtocol, "redis")).toBe(protocol);
    expect(portProtocol(appProtocol, "")).toBe(protocol);
  });

  it.each([
    ["mysql", "opaque"],
    ["mysql-replica", "opaque"],
    ["ms-sql-s", "opaque"],
    ["tcp-echo", "opaque"],
    ["redis", "opaque"],
    ["http", "detect"],
    ["http-web", "detect"],
    ["grpc", "detect"],
    ["tcpish", "detect"],
    ["web-tcp", "detect"],
    ["", "detect"],
  ])("is by the name %s alone %s", (name, protocol) => {
    expect(portProtocol("", name)).toBe(protocol);
  });
});
