import type { UnenforcedFields } from "../note-unenforced.ts";

/** Fields of a policy that are accepted, and that nothing acts on yet: none is left. */
export const POLICY_UNENFORCED: UnenforcedFields = [];
