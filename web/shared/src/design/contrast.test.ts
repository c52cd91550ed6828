import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { atLeast, contrast, inkOn, parseHex, type Rgb, toHex } from "./contrast";

const css = readFileSync(new URL("tokens.css", import.meta.url), "utf8");
const colors = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

function ratio(theme: "light" | "dark", a: string, b: string): number {
  const [front, back] = [a, b].map((name) => parseHex(colors.get(name)?.[theme] ?? "") as Rgb);
  return contrast(front as Rgb, back as Rgb);
}

const grounds = ["ground", "ground-sunken", "ground-raised", "ground-hover", "ground-selected"];

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it.each(["text", "text-muted", "text-faint", "link"])(
    "%s is readable on every ground",
    (name) => {
      for (const ground of grounds.slice(0, name === "text-faint" ? 3 : 5)) {
        expect(ratio(theme, name, ground), ground).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(["success", "warning", "danger", "info", "note"])("%s is readable", (name) => {
    for (const ground of ["ground", "ground-sunken", "ground-raised", `${name}-soft`]) {
      expect(ratio(theme, name, ground), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("shows buttons, controls and focus", () => {
    expect(ratio(theme, "on-accent", "accent")).toBeGreaterThanOrEqual(4.5);
    expect(ratio(theme, "on-accent", "accent-hover")).toBeGreaterThanOrEqual(4.5);
    expect(ratio(theme, "text", "accent-soft")).toBeGreaterThanOrEqual(4.5);
    for (const ground of grounds.slice(0, 3)) {
      expect(ratio(theme, "line-control", ground)).toBeGreaterThanOrEqual(3);
      expect(ratio(theme, "focus", ground)).toBeGreaterThanOrEqual(3);
    }
  });
});

it("reads hexadecimal colours and nothing else", () => {
  expect(parseHex("#fff")).toEqual([255, 255, 255]);
  expect(parseHex("#0a6189")).toEqual([10, 97, 137]);
  for (const color of ["red", "#ffff", "#12345g", "url(x)", "#fff;}"])
    expect(parseHex(color)).toBeNull();
});

it("picks the readable ink for a chosen colour", () => {
  expect(inkOn([0, 0, 0])).toBe("#ffffff");
  expect(inkOn([255, 230, 0])).toBe("#10131f");
});

it("moves a colour only as far as it must to stand out", () => {
  const night: Rgb = [20, 23, 29];
  expect(atLeast(3, [140, 155, 255], night)).toEqual([140, 155, 255]);
  const lifted = atLeast(3, [10, 10, 60], night);
  expect(contrast(lifted, night)).toBeGreaterThanOrEqual(3);
  expect(
    contrast(atLeast(3, [255, 255, 0], [255, 255, 255]), [255, 255, 255]),
  ).toBeGreaterThanOrEqual(3);
  expect(toHex([10, 97, 137])).toBe("#0a6189");
});
