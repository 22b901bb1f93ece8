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

/** Whether that verdict on that case was known before. */
export type IsKnown = (caseName: string, verdict: string) => boolean;

/** Most of a run is patience with cases that wait: many may wait at once. */
const PARALLEL = 40;
/**
 * Patience ends also for what was on its way while no processor was free. A verdict that nobody
 * knew is therefore asked for again: what the judge really takes it for, it says each time.
 */
const ASKED_AGAIN_MAX = 2;

export async function judgeByNode(isKnown: IsKnown): Promise<Judgement> {
  const folder = createPeerFolder();
  const origin = await listen(createStrictOrigin(), join(folder, "origin.sock"));
  const raw = await listen(createRawOrigin(), join(folder, "raw.sock"));
  try {
    return await judgeAt(join(folder, "origin.sock"), join(folder, "raw.sock"), isKnown);
  } finally {
    origin.close();
    raw.close();
    removeFolder(folder);
  }
}

/** Undefined when the peer is not installed. */
export async function judgeByPeer(peer: Peer, isKnown: IsKnown): Promise<Judgement | undefined> {
  const binary = findBinary(peer.binary);
  if (binary === undefined) return undefined;
  const folder = createPeerFolder();
  const origin = await listen(createLenientOrigin(), join(folder, "origin.sock"));
  const raw = await listen(createRawOrigin(), join(folder, "raw.sock"));
  const running = new RunningPeer(peer, binary, folder);
  try {
    await running.started();
    return await judgeAt(running.socketPath, running.socketPath, isKnown);
  } finally {
    await running.stop();
    removeFolder(folder);
    origin.close();
    raw.close();
  }
}

async function judgeAt(
  requestSocket: string,
  responseSocket: string,
  isKnown: IsKnown,
): Promise<Judgement> {
  const requests = await judgeAll(
    REQUEST_CORPUS.map(({ name, bytes }) => ({
      name,
      ask: () => askRequests(requestSocket, bytes),
    })),
    isKnown,
  );
  const responses = await judgeAll(
    RESPONSE_CORPUS.map(({ name }, index) => ({
      name,
      ask: () => askResponse(responseSocket, index),
    })),
    isKnown,
  );
  return { requests, responses };
}

interface AskedCase {
  readonly name: string;
  readonly ask: () => Promise<string>;
}

async function judgeAll(cases: readonly AskedCase[], isKnown: IsKnown): Promise<Verdicts> {
  const verdictOn = async ({ name, ask }: AskedCase): Promise<[string, string]> => {
    let verdict = await ask();
    for (let count = 0; count < ASKED_AGAIN_MAX && !isKnown(name, verdict); count += 1) {
      verdict = await ask();
    }
    return [name, verdict];
  };
  return new Map(
    await runAll(
      cases.map((one) => () => verdictOn(one)),
      PARALLEL,
    ),
  );
}

async function listen<T extends Server>(server: T, path: string): Promise<T> {
  server.listen(path);
  await once(server, "listening");
  openSocketFile(path);
  return server;
}
