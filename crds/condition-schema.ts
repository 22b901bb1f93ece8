/**
 * The condition of a route and of a response class. A condition may nest (`all`, `any`, `not`),
 * and Kubernetes knows no recursion in schemas: three levels are written out. Fields that stand
 * side by side all have to hold.
 */
import { type Static, Type } from "typebox";
import { closed, count, headerName, listOf, methodName, rule } from "./schema-parts.ts";

/** Deep enough for every real profile, small enough to write out. */
const BRANCHES_MAX = 16;

const NESTING_KEYS = ["all", "any", "not"];

const headerMatch = closed(
  {
    name: headerName("The header, in any case. Of a header sent twice, either may match."),
    exact: Type.Optional(Type.String({ description: "The value is this text.", maxLength: 4096 })),
    prefix: Type.Optional(
      Type.String({ description: "The value begins with this text.", maxLength: 4096 }),
    ),
    suffix: Type.Optional(
      Type.String({ description: "The value ends with this text.", maxLength: 4096 }),
    ),
    regex: Type.Optional(
      Type.String({
        description: "The whole value matches this regular expression (RE2 syntax).",
        minLength: 1,
        maxLength: 1024,
      }),
    ),
    present: Type.Optional(
      Type.Boolean({ description: "True: the header is there. False: it is not." }),
    ),
  },
  { description: "One header and what its value must be; without any test it must be there." },
);

const requestLeaf = {
  method: Type.Optional(methodName("The method, in any case: `get` means GET.")),
  path: Type.Optional(
    Type.String({
      description: "The whole path, without the query.",
      maxLength: 2048,
      pattern: "^(/|\\*$)",
      meaning: 'a path, such as "/books"',
    }),
  ),
  pathPrefix: Type.Optional(
    Type.String({
      description: "What the path begins with, byte by byte.",
      maxLength: 2048,
      pattern: "^/",
      meaning: 'the beginning of a path, such as "/books/"',
    }),
  ),
  pathRegex: Type.Optional(
    Type.String({
      description:
        "A regular expression (RE2 syntax) for the whole path; `^` and `$` are added if missing.",
      minLength: 1,
      maxLength: 2048,
    }),
  ),
  headers: Type.Optional(
    listOf(headerMatch, 32, "Headers that must match, every one of them.", {
      "x-kubernetes-list-type": "atomic",
    }),
  ),
};

const requestLevel0 = closed(requestLeaf, { deep: NESTING_KEYS });
const requestLevel1 = closed({ ...requestLeaf, ...branches(requestLevel0) });
const requestLevel2 = closed({ ...requestLeaf, ...branches(requestLevel1) });

/** Where a whole condition would cost more than it is worth: one level of nesting. */
export const shallowRequestCondition = closed(
  { ...requestLeaf, ...branches(requestLevel0) },
  { description: "Only requests like this; a condition with one level of nesting." },
);

/** What a request must be. */
export const requestCondition = closed(
  { ...requestLeaf, ...branches(requestLevel2) },
  {
    description: "What a request must be like. Fields that stand side by side must all hold.",
  },
);

const statusBounds = {
  min: Type.Optional(count("The lowest status. Alone, it means this status only.", 100, 599)),
  max: Type.Optional(count("The highest status. Alone, it means this status only.", 100, 599)),
};
const statusText = { description: "A range of statuses, both ends included." };
const statusRange = closed(statusBounds, statusText);

/** Rules cost what their number of places multiplies to: only the outermost level can have one. */
const ruledStatusRange = closed(statusBounds, {
  ...statusText,
  ...rule(
    "(has(self.min) || has(self.max)) && " +
      "(!has(self.min) || !has(self.max) || self.min <= self.max)",
    "give min, max or both, and min not above max",
  ),
});

const responseLeaf = { status: Type.Optional(statusRange) };
const responseLevel0 = closed(responseLeaf, { deep: NESTING_KEYS });
const responseLevel1 = closed({ ...responseLeaf, ...branches(responseLevel0) });
const responseLevel2 = closed({ ...responseLeaf, ...branches(responseLevel1) });

/** What an answer must be. */
export const responseCondition = closed(
  { status: Type.Optional(ruledStatusRange), ...branches(responseLevel2) },
  { description: "What an answer must be like." },
);

function branches<T extends ReturnType<typeof closed>>(inner: T) {
  const many = { maxItems: BRANCHES_MAX, minItems: 1, "x-kubernetes-list-type": "atomic" };
  return {
    all: Type.Optional(Type.Array(inner, { ...many, description: "All of these hold." })),
    any: Type.Optional(Type.Array(inner, { ...many, description: "One of these holds." })),
    not: Type.Optional(inner),
  };
}

export type HeaderMatch = Static<typeof headerMatch>;
export type RequestCondition = Static<typeof requestCondition>;
export type ResponseCondition = Static<typeof responseCondition>;
