import { expect, it } from "vitest";
import { createTranslator, pickLocale } from "./translator";

const dictionaries = {
  en: { hello: "Hello {name}", unread_one: "{count} message", unread_other: "{count} messages" },
  de: {
    hello: "Hallo {name}",
    unread_one: "{count} Nachricht",
    unread_other: "{count} Nachrichten",
  },
};

it("fills in values and chooses the plural form", () => {
  const t = createTranslator(dictionaries, "en");
  expect(t("hello", { name: "Vic" })).toBe("Hello Vic");
  expect([1, 0, 1200].map((count) => t("unread", { count }))).toEqual([
    "1 message",
    "0 messages",
    "1,200 messages",
  ]);
  expect(createTranslator(dictionaries, "de")("unread", { count: 1200 })).toBe("1.200 Nachrichten");
});

it("leaves a name without a value visible, and takes no value for a text of ours", () => {
  const t = createTranslator(dictionaries, "en");
  expect(t("hello")).toBe("Hello {name}");
  expect(t("hello", { name: "{count} $&" })).toBe("Hello {count} $&");
});

it("speaks the first language that both know", () => {
  expect(pickLocale(["fr-FR", "de-AT", "en"])).toBe("de");
  expect(pickLocale(["fr"])).toBe("en");
});
