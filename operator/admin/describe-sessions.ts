/** What each proxy holds, beside what it should hold: the answer to "did it get my change?" */
import type { SessionEntry, SessionsAnswer } from "../../mesh/operator-api.ts";
import type { ResourceTable, SessionResource } from "../publish/resources.ts";
import type { ProgrammedTable, SessionState } from "../status/programmed-table.ts";

/** With all their resources: who asks names a pod or a namespace. */
const SESSIONS_MAX = 1_000;

export function describeSessions(
  programmed: Pick<ProgrammedTable, "sessions">,
  table: Pick<ResourceTable, "lookup">,
  query: URLSearchParams,
): SessionsAnswer {
  const [namespace, name] = [query.get("namespace"), query.get("name")];
  const sessions: SessionEntry[] = [];
  for (const session of programmed.sessions()) {
    const { info } = session;
    if (namespace !== null && info.namespace !== namespace) continue;
    if (name !== null && info.proxyName !== name) continue;
    sessions.push(toEntry(session, table));
    if (sessions.length === SESSIONS_MAX) break;
  }
  return { sessions };
}

function toEntry(
  { info, resources, isOwn }: SessionState,
  table: Pick<ResourceTable, "lookup">,
): SessionEntry {
  const { id, proxyName, namespace, proxyVersion } = info;
  const held = [...resources.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return {
    ...{ id, name: proxyName, namespace, version: proxyVersion, isOwn },
    resources: held.map(({ name, held: holds, refused, missing }) => ({
      type: name.type,
      key: name.key,
      held: holds?.revision ?? null,
      current: table.lookup(name, namespace, info.identity)?.revision ?? null,
      refused: refused?.reason ?? "",
      missing,
    })),
  };
}

function sortKey({ name }: SessionResource): string {
  return `${name.type} ${name.key}`;
}
