import { expect, test } from "vitest";
import { interaction } from "../people";
import { formatSize, isExpired, isPicture, isRich, linked, splitQuote } from "./message_model";

test("addresses in text become links, without the full stop behind them", () => {
  expect(linked("See https://a.example/x?y=1. Or write to me@b.example!")).toEqual([
    { kind: "text", text: "See " },
    { kind: "link", text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
    { kind: "text", text: ". Or write to " },
    { kind: "link", text: "me@b.example", href: "mailto:me@b.example" },
    { kind: "text", text: "!" },
  ]);
});

test("a script address is text", () => {
  expect(linked("javascript:alert(1)")).toEqual([{ kind: "text", text: "javascript:alert(1)" }]);
});

test("a quotation at the end is folded together with its head", () => {
  const text = "Yes, please.\n\nOn Mon, 3 Nov 2026, Acme wrote:\n> Shall we?\n> Really?\n";
  expect(splitQuote(text)).toEqual({
    said: "Yes, please.",
    quoted: "On Mon, 3 Nov 2026, Acme wrote:\n> Shall we?\n> Really?",
  });
});

test("an answer between the lines stays visible", () => {
  const text = "> Shall we?\nYes.\n> When?\nTomorrow.";
  expect(splitQuote(text)).toEqual({ said: text, quoted: "" });
});

test("a message that is nothing but a quotation is shown", () => {
  expect(splitQuote("> only this")).toEqual({ said: "> only this", quoted: "" });
});

test("plain paragraphs are shown as text, tables and lists as HTML", () => {
  const html = (content_html: string) => isRich(interaction(1, { content_html }));
  expect(html("<p>Hello<br>you</p>")).toBe(false);
  expect(html("<p>Hello</p><table><tr><td>1</td></tr></table>")).toBe(true);
  expect(isRich(interaction(1, { content_html: "<ul></ul>", author_type: "agent" }))).toBe(false);
});

test("sizes are short", () => {
  expect([0, 999, 1500, 41_000, 2_500_000].map(formatSize)).toEqual([
    "0 B",
    "999 B",
    "1.5 kB",
    "41 kB",
    "2.5 MB",
  ]);
});

test("an SVG is a file, not a picture", () => {
  expect(isPicture("image/png")).toBe(true);
  expect(isPicture("image/svg+xml")).toBe(false);
});

test("a link runs out at the second it names", () => {
  expect(isExpired("/a/content?expires=100&sig=x", 99_999)).toBe(false);
  expect(isExpired("/a/content?expires=100&sig=x", 100_000)).toBe(true);
  expect(isExpired("/a/content", 100_000)).toBe(false);
});

test("a hostile text costs no more than its length", () => {
  const long = 400_000;
  for (const piece of ["a.", "a+", "a-", "a@", "@a.", "a@b.", "a@b-", ")", "http://", "> "]) {
    const text = piece.repeat(long / piece.length);
    for (const hostile of [text, `http://x${text}a`, `a@${text}!`]) linked(hostile);
  }
});
