import { readFileSync } from "node:fs";
import { contrast, parseHex, type Rgb } from "@parley/shared/design/contrast";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const reply = read("../styles/reply.css");
const tokens = read("../../../shared/src/design/tokens.css");
const hues = [...read("../styles/controls.css").matchAll(/--hue: (\d+);/g)].map(([, hue]) =>
  Number(hue),
);

function fromHsl(hue: number, saturation: number, lightness: number): Rgb {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const part = (n: number) => {
    const k = (n + hue / 30) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [part(0), part(8), part(4)];
}

function pair(css: string, start: string): [string, string] {
  const [, light = "", dark = ""] = css.match(`${start}: light-dark\\((.+), (.+)\\);`) ?? [];
  return [light, dark];
}

const caret = pair(reply, "--co").map((color) => {
  const [, saturation, lightness] = color.match(/(\d+)% (\d+)%/) ?? [];
  return (hue: number) => fromHsl(hue, Number(saturation) / 100, Number(lightness) / 100);
});
const ink = pair(reply, "\\n  color").map((color) => parseHex(color) as Rgb);
const grounds = pair(tokens, "--ground-raised").map((color) => parseHex(color) as Rgb);

test.each([0, 1])("carets and the names on them can be seen in both themes (%i)", (theme) => {
  expect(hues).toHaveLength(8);
  for (const hue of hues) {
    const color = caret[theme]?.(hue) as Rgb;
    expect(contrast(color, grounds[theme] as Rgb), `caret ${hue}`).toBeGreaterThanOrEqual(4.5);
    expect(contrast(color, ink[theme] as Rgb), `name ${hue}`).toBeGreaterThanOrEqual(4.5);
  }
});
