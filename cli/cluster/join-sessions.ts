/**
 * What proxies hold, as the replicas of an operator know it together. Who serves a session knows
 * all of it; what the one that leads was told of it is less, and counts only for a proxy of which
 * nobody says more: that of a replica which is not asked because it is not ready.
 */
import type { SessionEntry, SessionsAnswer } from "../../mesh/operator-api.ts";

export function joinSessions(answers: readonly SessionsAnswer[]): SessionsAnswer {
  const all = answers.flatMap(({ sessions }) => sessions);
  const own = all.filter(({ isOwn }) => isOwn);
  const served = new Set(own.map(proxyOf));
  const told = all.filter((one) => !one.isOwn && !served.has(proxyOf(one)));
  const sessions = [...own, ...told];
  return { sessions: sessions.toSorted((a, b) => (proxyOf(a) < proxyOf(b) ? -1 : 1)) };
}

function proxyOf({ namespace, name }: SessionEntry): string {
  return `${namespace}/${name}`;
}
