/** The picture of the overload: answers in time per second, with shedding and without. */
import type { Slot } from "./open-load.ts";
import { CAPACITY, type OverloadFigures, SLOT_MS } from "./overload.ts";

const WIDTH = 720;
const HEIGHT = 300;
const LEFT = 60;
const RIGHT = 20;
const TOP = 30;
const BOTTOM = 40;
const PER_SECOND_MAX = CAPACITY * 1.25;

export function plotOverload({ shed, unshed }: OverloadFigures): string {
  const lastMs = shed.length * SLOT_MS;
  const x = (ms: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * ms) / lastMs;
  const y = (perSecond: number): number =>
    HEIGHT -
    BOTTOM -
    ((HEIGHT - TOP - BOTTOM) * Math.min(perSecond, PER_SECOND_MAX)) / PER_SECOND_MAX;
  const line = (slots: readonly Slot[], color: string): string => {
    const points = slots.map(
      ({ good }, index) =>
        `${x((index + 0.5) * SLOT_MS).toFixed(1)},${y((good * 1_000) / SLOT_MS).toFixed(1)}`,
    );
    const style = `fill="none" stroke="${color}" stroke-width="2"`;
    return `<polyline ${style} points="${points.join(" ")}"/>`;
  };
  const text = (atX: number, atY: number, what: string, color = "#444"): string =>
    `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" fill="${color}">${what}</text>`;
  const seconds = Array.from({ length: lastMs / 2_000 + 1 }, (_, index) => index * 2);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      'font-family="sans-serif" font-size="12">',
    "<title>Answers in time per second during an overload</title>",
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<rect x="${x(3_000)}" y="${TOP}" width="${x(9_000) - x(3_000)}" ` +
      `height="${HEIGHT - TOP - BOTTOM}" fill="#f6e3d5"/>`,
    text(x(3_000) + 6, TOP + 14, "three times the capacity"),
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(CAPACITY)}" y2="${y(CAPACITY)}" ` +
      'stroke="#888" stroke-dasharray="5 4"/>',
    text(WIDTH - RIGHT - 60, y(CAPACITY) - 5, "capacity"),
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(0)}" y2="${y(0)}" stroke="#444"/>`,
    `<line x1="${LEFT}" x2="${LEFT}" y1="${TOP}" y2="${y(0)}" stroke="#444"/>`,
    ...seconds.map((second) => text(x(second * 1_000) - 4, y(0) + 16, String(second))),
    text(WIDTH / 2 - 20, HEIGHT - 6, "seconds"),
    ...[0, CAPACITY / 2, CAPACITY].map((each) => text(LEFT - 34, y(each) + 4, String(each))),
    text(LEFT - 50, TOP - 12, "answers in time per second"),
    line(unshed, "#c0392b"),
    line(shed, "#1f6fb2"),
    text(WIDTH - 250, TOP - 12, "with shedding", "#1f6fb2"),
    text(WIDTH - 140, TOP - 12, "without", "#c0392b"),
    "</svg>",
    "",
  ].join("\n");
}
