import { describe, expect, test } from "vitest";
import { createSeededRandom } from "../../base/random.ts";
import { hashText } from "./hash-bytes.ts";
import { EndpointLoad } from "./peak-ewma.ts";
import { PowerOfTwoChoices } from "./power-of-two.ts";
import { sampleEndpoint, sampleFailed } from "./sample-endpoint.ts";
import { ZoneAware } from "./zone-aware.ts";

/** So many endpoints in each zone. */
function scene(zones: Readonly<Record<string, number>>, only = false) {
  const loads = Object.entries(zones).flatMap(([zone, count]) =>
    Array.from(
      { length: count },
      (_, index) =>
        new EndpointLoad(
          sampleEndpoint(`${zone}${index}`, { zone }),
          { decayMs: 10_000, defaultRttMs: 30 },
          0,
        ),
    ),
  );
  const picker = new ZoneAware(
    loads,
    { ownZone: "west", only },
    (inner, random) => new PowerOfTwoChoices(inner, random),
    createSeededRandom(1),
  );
  const home = loads.filter((load) => load.endpoint.zone === "west");
  const shareAtHome = (picks: number): number => {
    let count = 0;
    for (let each = 0; each < picks; each += 1) {
      if (picker.pick(0, null)?.endpoint.zone === "west") count += 1;
    }
    return count / picks;
  };
  return { loads, home, picker, shareAtHome };
}

describe("requests stay at home", () => {
  test("all of them when the zone has its part of the endpoints", () => {
    expect(scene({ west: 3, east: 3, north: 3 }).shareAtHome(1000)).toBe(1);
    expect(scene({ west: 7, east: 2 }).shareAtHome(1000)).toBe(1);
  });

  test("in proportion to those that are not out already when the list is made", () => {
    const { loads } = scene({ west: 4, east: 4 });
    for (const load of loads.slice(0, 3)) load.evicted = true;
    const picker = new ZoneAware(
      loads,
      { ownZone: "west", only: false },
      (inner, random) => new PowerOfTwoChoices(inner, random),
      createSeededRandom(1),
    );
    expect(picker.homeShare).toBeCloseTo(0.25, 9);
  });

  test("in proportion when it has less", () => {
    // Ten endpoints in two zones: five are needed, two are there.
    const { picker, shareAtHome } = scene({ west: 2, east: 8 });
    expect(picker.homeShare).toBeCloseTo(0.4, 9);
    expect(shareAtHome(1000)).toBeCloseTo(0.4, 2);
  });

  test("less of them while some at home are out", () => {
    const { home, picker, shareAtHome } = scene({ west: 4, east: 4 });
    for (const load of home.slice(0, 2)) {
      load.evicted = true;
      picker.evict(load);
      picker.evict(load);
    }
    expect(picker.homeShare).toBeCloseTo(0.5, 9);
    expect(shareAtHome(1000)).toBeCloseTo(0.5, 2);
    for (const load of home.slice(0, 2)) {
      load.evicted = false;
      picker.readmit(load);
      picker.readmit(load);
    }
    expect(picker.homeShare).toBe(1);
    expect(picker.size).toBe(8);
  });

  test("or leave, but those of equal hash together", () => {
    const { picker } = scene({ west: 2, east: 8 });
    let stayed = 0;
    for (let key = 0; key < 2000; key += 1) {
      const hash = hashText(`k${key}`);
      const zones = new Set(
        Array.from({ length: 3 }, () => picker.pick(0, null, hash)?.endpoint.zone),
      );
      expect(zones.size).toBe(1);
      if (zones.has("west")) stayed += 1;
    }
    expect(stayed / 2000).toBeCloseTo(0.4, 1);
  });
});

test("who is out gets nothing, at home or elsewhere, until it is taken back", () => {
  for (const zone of ["west", "east"]) {
    const { loads, picker } = scene({ west: 2, east: 6 });
    const share = picker.homeShare;
    expect(share).toBeCloseTo(0.5, 9);
    const [out] = loads.filter((load) => load.endpoint.zone === zone) as [EndpointLoad];
    const picks = () => Array.from({ length: 300 }, () => picker.pick(0, null));
    out.evicted = true;
    picker.evict(out);
    expect([picker.size, picker.includes(out), picks().includes(out)]).toEqual([7, false, false]);
    out.evicted = false;
    for (let times = 0; times < 2; times += 1) picker.readmit(out);
    expect([picker.size, picker.includes(out), picks().includes(out)]).toEqual([8, true, true]);
    expect(picker.homeShare).toBe(share);
  }
});

describe("requests leave", () => {
  test("when those at home are far more loaded", () => {
    const { home, shareAtHome } = scene({ west: 3, east: 3 });
    for (const load of home) for (let each = 0; each < 3; each += 1) load.start();
    expect(shareAtHome(200)).toBe(1);
    for (const load of home) for (let each = 0; each < 3; each += 1) load.start();
    expect(shareAtHome(200)).toBe(0);
  });

  test("not because one at home is slow, as long as it has nearly nothing to do", () => {
    const { home, loads, shareAtHome } = scene({ west: 1, east: 1 });
    for (const load of loads) {
      load.start();
      load.finish(0, load === home[0] ? 30_000 : 1, false);
    }
    expect(shareAtHome(100)).toBe(1);
    home[0]?.start();
    expect(shareAtHome(100)).toBe(1);
    home[0]?.start();
    expect(shareAtHome(100)).toBe(0);
  });

  test("when only the one to be avoided is left at home", () => {
    const { home, picker } = scene({ west: 1, east: 1 });
    const [avoid] = home as [EndpointLoad];
    for (let each = 0; each < 100; each += 1) {
      expect(picker.pick(0, sampleFailed(avoid))?.endpoint.zone).toBe("east");
    }
  });

  test("when there is nobody at home, unless they never may", () => {
    expect(scene({ east: 2 }).shareAtHome(100)).toBe(0);
    const confined = scene({ east: 2 }, true);
    expect(confined.picker.size).toBe(0);
    expect(confined.picker.pick(0, null)).toBeNull();
    expect(scene({ west: 1, east: 9 }, true).shareAtHome(100)).toBe(1);
  });
});

describe("hints", () => {
  function hinted(...hints: readonly (readonly string[] | undefined)[]) {
    const loads = hints.map((zoneHints, index) => {
      const zone = index === 0 ? "west" : "east";
      const endpoint = sampleEndpoint(`e${index}`, {
        zone,
        ...(zoneHints === undefined ? {} : { zoneHints }),
      });
      return new EndpointLoad(endpoint, { decayMs: 10_000, defaultRttMs: 30 }, 0);
    });
    const create = (only: boolean) =>
      new ZoneAware(
        loads,
        { ownZone: "west", only },
        (inner, random) => new PowerOfTwoChoices(inner, random),
        createSeededRandom(1),
      );
    const picked = (only = false): readonly (string | undefined)[] => {
      const picker = create(only);
      const ids = Array.from({ length: 300 }, () => picker.pick(0, null)?.endpoint.id);
      return [...new Set(ids)].sort();
    };
    return { loads, create, picked };
  }

  test("say who is at home, wherever that is", () => {
    const scene = hinted(["north"], ["west"], ["west", "east"], ["east"]);
    expect(scene.picked()).toEqual(["e1", "e2"]);
    expect(scene.create(false).homeShare).toBe(1);
    expect(scene.picked(true)).toEqual(["e0"]);
  });

  test("leave the way out while those at home are out", () => {
    const { loads, create } = hinted(["west"], ["west"], ["east"]);
    const picker = create(false);
    const [first, second] = loads as [EndpointLoad, EndpointLoad];
    for (const load of [first, second]) {
      load.evicted = true;
      picker.evict(load);
      expect(picker.homeShare).toBe(load === first ? 0.5 : 0);
    }
    expect(picker.pick(0, null)?.endpoint.id).toBe("e2");
  });

  test("count for nothing where one has none, or none is for this zone", () => {
    // Two in two zones: one at home is its zone's part.
    expect(hinted(["east"], undefined).picked()).toEqual(["e0"]);
    expect(hinted(["east"], ["north"]).picked()).toEqual(["e0"]);
  });
});
