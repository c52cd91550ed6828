/** Contrast after WCAG 2.2 §1.4.3; picks the readable ink for a colour that a customer chose. */

export type Rgb = readonly [number, number, number];

/** `#rrggbb` or `#rgb`; null for anything else, so that no other CSS gets in. */
export function parseHex(color: string): Rgb | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(color);
  const full = short
    ? `#${short
        .slice(1)
        .map((digit) => digit + digit)
        .join("")}`
    : color;
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(full);
  if (!long) return null;
  const [red = 0, green = 0, blue = 0] = long.slice(1).map((pair) => Number.parseInt(pair, 16));
  return [red, green, blue];
}

/** Relative luminance, 0 (black) to 1 (white). */
export function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black on white). */
export function contrast(a: Rgb, b: Rgb): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const white: Rgb = [255, 255, 255];
const black: Rgb = [16, 19, 31];

/** White where it is readable, since it looks calmer on a colour; near-black otherwise. */
export function inkOn(color: Rgb): string {
  return contrast(color, white) >= 4.5 || contrast(color, white) > contrast(color, black)
    ? "#ffffff"
    : "#10131f";
}

/** `color`, moved towards the ground's opposite until it has the wanted contrast to it. */
export function atLeast(ratio: number, color: Rgb, ground: Rgb): Rgb {
  const goal = luminance(ground) > 0.18 ? black : white;
  for (let share = 0; share < 1; share += 0.05) {
    const moved = color.map((value, i) => Math.round(value + ((goal[i] ?? 0) - value) * share));
    if (contrast(moved as unknown as Rgb, ground) >= ratio) return moved as unknown as Rgb;
  }
  return goal;
}

export function toHex(color: Rgb): string {
  return `#${color.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
