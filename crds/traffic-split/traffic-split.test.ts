import { describe, expect, it } from "vitest";
import { WEIGHT_MAX } from "../../mesh/destination.ts";
import { readSample } from "../sample-read.ts";

const split = (spec: string) =>
  `apiVersion: heddle.mesh/v1alpha1\nkind: TrafficSplit\nmetadata: {name: s, namespace: client}\nspec:\n  ${spec}\n`;

describe("a TrafficSplit", () => {
  it("puts bare backends into the namespace of what is split", () => {
    const read = readSample(
      split(
        "service: web.shop\n  backends: [{service: web-v1, weight: 9}, {service: web.beta, port: 81, weight: 1}]",
      ),
    );
    expect(read).toMatchObject({
      found: [],
      intent: {
        service: { namespace: "shop", name: "web" },
        backends: [
          { service: { namespace: "shop", name: "web-v1" }, port: 0, weightMilli: 9000 },
          { service: { namespace: "beta", name: "web" }, port: 81, weightMilli: 1000 },
        ],
        matches: [],
      },
    });
  });

  it("takes conditions for matches", () => {
    const read = readSample(
      split(
        "service: web\n  backends: [{service: v1, weight: 1}]\n" +
          "  matches: [{headers: [{name: X-Beta, exact: 'yes'}, {name: X-Old, present: false}], pathPrefix: /a}]",
      ),
    );
    expect(read.intent).toMatchObject({
      matches: [
        {
          kind: "match",
          match: {
            kind: "all",
            of: [
              { kind: "pathPrefix", prefix: "/a" },
              { kind: "header", name: "x-beta", value: { kind: "exact", text: "yes" } },
              { kind: "not", of: { kind: "header", name: "x-old", value: { kind: "present" } } },
            ],
          },
        },
      ],
    });
  });

  it("bounds weights as the mesh does", () => {
    const weight = (value: number) =>
      readSample(split(`service: web\n  backends: [{service: v1, weight: ${value}}]`));
    expect(weight(WEIGHT_MAX).found).toEqual([]);
    expect(weight(WEIGHT_MAX + 1).found).toEqual(["error out-of-range spec.backends[0].weight"]);
    expect(weight(-1).found).toEqual(["error out-of-range spec.backends[0].weight"]);
    expect(weight(0.5).found).toEqual(["error wrong-type spec.backends[0].weight"]);
  });

  it.each([
    ["backends: [{service: v1, weight: 1}]", "error required spec.service"],
    ["service: web\n  backends: []", "error too-few spec.backends"],
    [
      "service: web\n  backends: [{service: v1, weight: 1}, {service: v1, weight: 1}]",
      "error duplicate spec.backends[1].service",
    ],
    [
      "service: web\n  backends: [{service: v1, wieght: 1, weight: 1}]",
      "error unknown-field spec.backends[0].wieght",
    ],
    ["service: a.b.c.d\n  backends: [{service: v1, weight: 1}]", "error bad-service spec.service"],
  ])("refuses %j", (spec, found) => {
    expect(readSample(split(spec))).toMatchObject({ intent: null, found: [found] });
  });
});
