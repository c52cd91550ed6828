import { expect, test } from "vitest";
import { entryOf, isReplaced } from "./model";

const page = (entry: string) => `<!doctype html><html><head>
  <script type="module" crossorigin src="${entry}"></script>
  <link rel="modulepreload" crossorigin href="/console/assets/page-tU_O0au6.js">
</head></html>`;
const RUNNING = "/console/assets/index-BadB1f2s.js";

test("a page names its entry, as it was written and as a browser writes it again", () => {
  expect(entryOf(page(RUNNING))).toBe(RUNNING);
  expect(entryOf(`<script type="module" crossorigin="" src="${RUNNING}"></script>`)).toBe(RUNNING);
});

test("another entry is another build", () => {
  expect(isReplaced(RUNNING, page("/console/assets/index-CNewOne1.js"))).toBe(true);
  expect(isReplaced(RUNNING, page(RUNNING))).toBe(false);
});

test("a page that is no built console says nothing of a build", () => {
  for (const other of ["", "<h1>502 Bad Gateway</h1>", page("/src/main.tsx")])
    expect(isReplaced(RUNNING, other)).toBe(false);
  expect(isReplaced(null, page(RUNNING))).toBe(false);
});
