import { contrast, parseHex, type Rgb } from "@parley/shared/design/contrast";
import { expect, it } from "vitest";
import { lookOf, lookOn } from "./theme";

const rgb = (color: string) => parseHex(color) as Rgb;
const chosen = ["#3b4fe0", "#ffd400", "#101010", "#ffffff", "#000000", "#0f766e", "#808080"];

it.each(chosen)("keeps %s readable and visible on both grounds", (color) => {
  for (const dark of [false, true]) {
    const { accent, ink, line } = lookOn(color, dark);
    const ground: Rgb = dark ? [20, 23, 29] : [255, 255, 255];
    expect(contrast(rgb(accent), rgb(ink))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb(line), ground)).toBeGreaterThanOrEqual(3);
  }
});

it("uses a colour as it was chosen, and none that is not plain", () => {
  expect(lookOf("#ffd400")).toEqual({ accent: "#ffd400", ink: "#10131f" });
  expect(lookOn("#ffd400", false).accent).toBe("#ffd400");
  for (const odd of ["", "red", "#fff;background:url(x)"])
    expect(lookOf(odd).accent).toBe("#3b4fe0");
});
