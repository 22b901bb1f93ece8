import type { UnenforcedFields } from "../note-unenforced.ts";

/** Fields of a profile that are accepted, and that nothing acts on yet. */
export const PROFILE_UNENFORCED: UnenforcedFields = [];
