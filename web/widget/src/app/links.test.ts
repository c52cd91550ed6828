import { expect, it } from "vitest";
import { linkify } from "./links";

const links = (text: string) =>
  linkify(text).flatMap((part) => (part.kind === "link" ? [part.address] : []));

it.each([
  ["see https://example.org/a.", ["https://example.org/a"]],
  ["(https://example.org/a_(b))", ["https://example.org/a_(b)"]],
  ["HTTP://EXAMPLE.org?x=1&y=2!", ["http://example.org/?x=1&y=2"]],
  ["https://a.example, https://b.example", ["https://a.example/", "https://b.example/"]],
  ["<https://example.org>", ["https://example.org/"]],
  ["javascript:alert(1) data:text/html,x ftp://x.example //x.example", []],
  ["https:// http://", []],
  ["xhttps://example.org", []],
])("finds in %j %j", (text, expected) => expect(links(text)).toEqual(expected));

it("gives the whole text back, whatever it is", () => {
  const texts = [
    "",
    "no link",
    'https://x.example/"><script>',
    "https://[::bad a",
    "💡https://x.example💡",
  ];
  for (const text of texts)
    expect(
      linkify(text)
        .map((part) => part.text)
        .join(""),
    ).toBe(text);
});

it("shows the address that it goes to", () => {
  expect(linkify("https://x.example@evil.example/")).toEqual([
    {
      kind: "link",
      text: "https://x.example@evil.example/",
      address: "https://x.example@evil.example/",
    },
  ]);
});

it("stays quick on a hostile text", () => {
  linkify(`https://x.example/${")".repeat(2_000_000)} ${"https://".repeat(200_000)}`);
});
