/**
 * The programs that are reached through the same `heddle` but are none of the command line's own
 * verbs: their flags are theirs to explain.
 */
export const OTHER_PROGRAMS = [
  {
    name: "operator",
    summary: "run the control plane alone: reads a folder of YAML and configures proxies",
  },
  {
    name: "proxy",
    summary: "run one proxy alone, configured by an operator over a WebSocket",
  },
] as const;
