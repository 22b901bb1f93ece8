/** The judges: Node's own server and client, nginx, HAProxy. One shape for all of them. */
import { once } from "node:events";
import type { Server } from "node:net";
import { join } from "node:path";
import { askRequests, askResponse, runAll } from "./ask.ts";
import { createLenientOrigin, createRawOrigin, createStrictOrigin } from "./origin.ts";
import {
  createPeerFolder,
  findBinary,
  openSocketFile,
  type Peer,
  RunningPeer,
  removeFolder,
} from "./peer-process.ts";
import { REQUEST_CORPUS } from "./request-corpus.ts";
import { RESPONSE_CORPUS } from "./response-corpus.ts";

export type JudgeName = "Node" | "nginx" | "HAProxy";

/** Verdicts by the case's name. */
export type Verdicts = ReadonlyMap<string, string>;

export interface Judgement {
  readonly requests: Verdicts;
  readonly responses: Verdicts;
}

/** Most of a run is patience with cases that wait: many may wait at once. */
const PARALLEL = 40;

export async function judgeByNode(): Promise<Judgement> {
  const folder = createPeerFolder();
  const origin = await listen(createStrictOrigin(), join(folder, "origin.sock"));
  const raw = await listen(createRawOrigin(), join(folder, "raw.sock"));
  try {
    return await judgeAt(join(folder, "origin.sock"), join(folder, "raw.sock"));
  } finally {
    origin.close();
    raw.close();
    removeFolder(folder);
  }
}

/** Undefined when the peer is not installed. */
export async function judgeByPeer(peer: Peer): Promise<Judgement | undefined> {
  const binary = findBinary(peer.binary);
  if (binary === undefined) return undefined;
  const folder = createPeerFolder();
  const origin = await listen(createLenientOrigin(), join(folder, "origin.sock"));
  const raw = await listen(createRawOrigin(), join(folder, "raw.sock"));
  const running = new RunningPeer(peer, binary, folder);
  try {
    await running.started();
    return await judgeAt(running.socketPath, running.socketPath);
  } finally {
    await running.stop();
    removeFolder(folder);
    origin.close();
    raw.close();
  }
}

async function judgeAt(requestSocket: string, responseSocket: string): Promise<Judgement> {
  const requests = await runAll(
    REQUEST_CORPUS.map(
      ({ bytes }) =>
        () =>
          askRequests(requestSocket, bytes),
    ),
    PARALLEL,
  );
  const responses = await runAll(
    RESPONSE_CORPUS.map((_case, index) => () => askResponse(responseSocket, index)),
    PARALLEL,
  );
  return {
    requests: new Map(REQUEST_CORPUS.map(({ name }, index) => [name, requests[index] ?? ""])),
    responses: new Map(RESPONSE_CORPUS.map(({ name }, index) => [name, responses[index] ?? ""])),
  };
}

async function listen<T extends Server>(server: T, path: string): Promise<T> {
  server.listen(path);
  await once(server, "listening");
  openSocketFile(path);
  return server;
}
