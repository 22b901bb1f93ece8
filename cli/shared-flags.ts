/** Flags that several verbs have, so that they mean the same everywhere. */

export const OPERATOR_ADMIN_DEFAULT = "127.0.0.1:4192";
export const PROXY_ADMIN_DEFAULT = "127.0.0.1:4191";

export const operatorAdminFlag = {
  kind: "address",
  default: OPERATOR_ADMIN_DEFAULT,
  env: "HEDDLE_OPERATOR_ADMIN",
  help: "where the operator answers questions",
} as const;

export const proxyAdminFlag = {
  kind: "address",
  default: PROXY_ADMIN_DEFAULT,
  env: "HEDDLE_ADMIN",
  help: "where the proxy answers questions",
} as const;

/** Of verbs that print a table. */
export const outputFlag = {
  kind: "enum",
  short: "o",
  values: ["table", "wide", "json", "yaml"],
  default: "table",
  help: "form of the output; json and yaml are for programs and keep their shape",
} as const;

/** Of verbs that print text that is no table. */
export const textOutputFlag = {
  kind: "enum",
  short: "o",
  values: ["text", "json", "yaml"],
  default: "text",
  help: "form of the output; json and yaml are for programs and keep their shape",
} as const;
