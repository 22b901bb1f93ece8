/**
 * What it costs to ask the kernel where a connection was meant to go: once for each connection
 * that a transparent proxy accepts. The kernel looks the connection up and finds that it was not
 * redirected, which is the same way through it; formatting an answer is measured by itself.
 */
import { connect, createServer, type Socket } from "node:net";
import { descriptorOf } from "../../proxy/net/descriptor.ts";
import { OriginalDestinations } from "../../proxy/net/original-destination.ts";
import { loadSocketCalls, type SocketCalls } from "../../proxy/net/socket-calls.ts";
import { runMicroBench, type Subject } from "./harness.ts";

/** 10.96.0.1:8080 and [2001:db8::1]:443, as the kernel writes them. */
const IPV4 = Buffer.from("02001f900a6000010000000000000000", "hex");
const IPV6 = Buffer.from("0a0001bb0000000020010db800000000000000000000000100000000", "hex");

const answering: SocketCalls = {
  getOption: (_fd, _level, _option, value) => {
    value.set(value.length === IPV4.length ? IPV4 : IPV6);
    return value.length;
  },
};

const calls = await loadSocketCalls();
const [socket, close] = await acceptOne();
const fd = descriptorOf(socket);

runMicroBench([
  reading("kernel, IPv4 connection", new OriginalDestinations(calls), false),
  reading("kernel, IPv6 connection", new OriginalDestinations(calls), true),
  reading("format an IPv4 address", new OriginalDestinations(answering), false),
  reading("format an IPv6 address", new OriginalDestinations(answering), true),
]);
close();

function reading(name: string, destinations: OriginalDestinations, isIpv6: boolean): Subject {
  return {
    name,
    run: (times) => {
      let sum = 0;
      for (let index = 0; index < times; index += 1) {
        sum += destinations.read(fd, isIpv6)?.port ?? 1;
      }
      return sum;
    },
  };
}

function acceptOne(): Promise<readonly [accepted: Socket, close: () => void]> {
  return new Promise((resolve) => {
    const server = createServer((accepted) => {
      resolve([
        accepted,
        () => {
          accepted.destroy();
          caller.destroy();
          server.close();
        },
      ]);
    });
    let caller: Socket;
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address instanceof Object) caller = connect(address.port, "127.0.0.1");
    });
  });
}
