/** A host and a port as people write them: `127.0.0.1:4140`, `[::1]:80`, `localhost:0`. */
export interface Address {
  /** Without brackets. */
  readonly host: string;
  /** 0 where the system may choose. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^:[\]@/?#\s]{1,255})):(\d{1,5})$/;

/** Undefined when the text is no host and port; no default is assumed for either. */
export function parseAddress(text: string): Address | undefined {
  const found = ADDRESS.exec(text);
  if (found === null) return undefined;
  const port = Number(found[3]);
  return port > 65_535 ? undefined : { host: found[1] ?? found[2] ?? "", port };
}

export function formatAddress(address: Address): string {
  return address.host.includes(":")
    ? `[${address.host}]:${address.port}`
    : `${address.host}:${address.port}`;
}

/** Whether only this machine can reach it. A name other than `localhost` is not trusted to be. */
export function isLoopbackHost(host: string): boolean {
  return (
    host.toLowerCase() === "localhost" ||
    host === "::1" ||
    /^(?:::ffff:)?127\.(?:\d{1,3}\.){2}\d{1,3}$/i.test(host)
  );
}
