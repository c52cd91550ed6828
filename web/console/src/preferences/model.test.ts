import { expect, test } from "vitest";
import { parsePreferences } from "./model";

test("without a wish kept the browser's language counts", () => {
  expect(parsePreferences(null, ["fr-FR", "de-AT"])).toEqual({
    theme: "system",
    language: "de",
    hasAside: true,
  });
});

test("what was kept wins, what is rubbish does not", () => {
  const kept = '{"theme":"dark","language":"en","hasAside":false}';
  expect(parsePreferences(kept, ["de"])).toEqual({
    theme: "dark",
    language: "en",
    hasAside: false,
  });
  expect(parsePreferences("[", ["es"])).toEqual({
    theme: "system",
    language: "en",
    hasAside: true,
  });
});
