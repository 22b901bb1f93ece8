/**
 * Sockets that a process gets from the one that started it: the convention of socket activation
 * (`sd_listen_fds`), and a variable of our own beside it.
 */
export const LISTEN_FIRST_FD = 3;
export const LISTEN_COUNT_VARIABLE = "LISTEN_FDS";
/** Names of the sockets in their order, with colons between. */
export const LISTEN_NAMES_VARIABLE = "LISTEN_FDNAMES";
/** Whom they are for; where it is absent, whoever finds them. */
export const LISTEN_PID_VARIABLE = "LISTEN_PID";
/** The descriptor of the link to a process whose place this one takes. */
export const LINK_VARIABLE = "HEDDLE_SUCCESSION_FD";
