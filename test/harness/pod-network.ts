/**
 * Network namespaces as a small cluster: one is the node, which routes between the others, the
 * pods. Each pod has an IPv4 and an IPv6 address, reached over a link of its own, so that
 * everything between pods passes the node; there ClusterIPs are translated as kube-proxy does it.
 *
 * A ClusterIP that nobody made refuses connections, and other addresses are unreachable: what
 * should have been redirected and was not shows at once.
 */

import { makeNamespace, removeNamespace, runOrThrow } from "./namespaces.ts";
import { Pod } from "./pod.ts";

const GATEWAY_IPV4 = "169.254.1.1";
const GATEWAY_IPV6 = "fe80::1";
/** Nobody listens there. */
const CLOSED_PORT = 9;
const SERVICES_IPV4 = "10.96.0.0/16";
const SERVICES_IPV6 = "fd00:96::/112";

export interface ServiceBackend {
  readonly pod: Pod;
  readonly port: number;
}

/** The ClusterIPs of one service. */
export interface ServiceAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

interface Service extends ServiceAddresses {
  readonly port: number;
  readonly backends: readonly ServiceBackend[];
}

export class PodNetwork {
  readonly #node: string;
  readonly #pods: Pod[] = [];
  readonly #services: Service[] = [];

  constructor() {
    this.#node = makeNamespace("node");
    runOrThrow(this.inNode(["sh", "-ec", FORWARDING]));
    this.#applyServices();
  }

  addPod(name: string): Pod {
    const namespace = makeNamespace(name);
    const number = this.#pods.length + 1;
    const [ipv4, ipv6] = [`10.244.0.${number}`, `fd00:244::${number}`];
    const link = `pod${number}`;
    const [node, pod] = [this.#node, namespace];
    runOrThrow(
      ["ip", "-n", node, "link", "add", link, "type", "veth"].concat([
        "peer",
        "name",
        "eth0",
        "netns",
        pod,
      ]),
    );
    runOrThrow(["ip", "-n", node, "-batch", "-"], nodeLink(link, ipv4, ipv6));
    runOrThrow(["ip", "-n", pod, "-batch", "-"], podLink(ipv4, ipv6));
    const made = new Pod({ name, namespace, ipv4, ipv6 });
    this.#pods.push(made);
    return made;
  }

  /** Without backends it refuses. Called again with the same addresses, it changes them. */
  addService(port: number, backends: readonly ServiceBackend[]): ServiceAddresses {
    const number = this.#services.length + 10;
    const addresses = { ipv4: `10.96.0.${number}`, ipv6: `fd00:96::${number}` };
    this.#services.push({ ...addresses, port, backends });
    this.#applyServices();
    return addresses;
  }

  /** A command line that runs in the node's namespace. */
  inNode(command: readonly string[]): readonly string[] {
    return ["ip", "netns", "exec", this.#node, ...command];
  }

  /** Ends all that runs in the pods and removes them. */
  async close(): Promise<void> {
    await Promise.all(this.#pods.map((pod) => pod.close()));
    for (const pod of this.#pods) removeNamespace(pod.namespace);
    removeNamespace(this.#node);
  }

  #applyServices(): void {
    const rules = this.#services.flatMap(translate);
    const text = `table inet services
delete table inet services
table inet services {
  chain prerouting {
    type nat hook prerouting priority -100; policy accept;
${rules.map((rule) => `    ${rule}\n`).join("")}
    ip daddr ${SERVICES_IPV4} meta l4proto tcp redirect to :${CLOSED_PORT}
    ip6 daddr ${SERVICES_IPV6} meta l4proto tcp redirect to :${CLOSED_PORT}
  }
}
`;
    runOrThrow(this.inNode(["nft", "-f", "-"]), text);
  }
}

const FORWARDING = `
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
`;

function nodeLink(link: string, ipv4: string, ipv6: string): string {
  return `addr add ${GATEWAY_IPV4}/32 dev ${link}
addr add ${GATEWAY_IPV6}/64 dev ${link} nodad
link set ${link} up
route add ${ipv4}/32 dev ${link}
route add ${ipv6}/128 dev ${link}
`;
}

function podLink(ipv4: string, ipv6: string): string {
  return `addr add ${ipv4}/32 dev eth0
addr add ${ipv6}/128 dev eth0 nodad
link set eth0 up
route add ${GATEWAY_IPV4} dev eth0
route add default via ${GATEWAY_IPV4} dev eth0 onlink
route add default via ${GATEWAY_IPV6} dev eth0
`;
}

/** Each backend with the same chance, as a chain of draws. */
function translate({ ipv4, ipv6, port, backends }: Service): readonly string[] {
  return backends.flatMap(({ pod, port: to }, index) => {
    const left = backends.length - index;
    const draw = left === 1 ? "" : `numgen random mod ${left} == 0 `;
    return [
      `ip daddr ${ipv4} tcp dport ${port} ${draw}dnat ip to ${pod.ipv4}:${to}`,
      `ip6 daddr ${ipv6} tcp dport ${port} ${draw}dnat ip6 to [${pod.ipv6}]:${to}`,
    ];
  });
}
