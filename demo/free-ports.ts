/** Ports that nobody listens on. All are held until all are found, so that no two are the same. */
import { createServer, type Server } from "node:net";

/** For each preferred port that port if it is free, and any free one for 0 or a taken one. */
export async function findPorts(preferred: readonly number[]): Promise<readonly number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  for (const port of preferred) {
    const server = await listen(port).catch(() => listen(0));
    servers.push(server);
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port to listen on");
    ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}
