/** What a customer's page pays for the chat. Measured where the apps are built. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const built = new URL("../../../server/static/", import.meta.url);
const loader = new URL("widget.js", built);
const assets = new URL("widget/assets/", built);

const gzipped = (file: URL) => gzipSync(readFileSync(file), { level: 9 }).length;

it.runIf(existsSync(loader))("the loader weighs at most 3 kB", () => {
  expect(gzipped(loader)).toBeLessThanOrEqual(3_000);
});

it.runIf(existsSync(assets))("the app, scripts and styles, weighs at most 40 kB", () => {
  const files = readdirSync(assets).map((name) => new URL(name, assets));
  expect(files.reduce((sum, file) => sum + gzipped(file), 0)).toBeLessThanOrEqual(40_000);
});
