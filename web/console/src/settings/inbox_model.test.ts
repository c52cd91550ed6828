import { expect, test } from "vitest";
import { DEFAULT_SMTP, installSnippet, mailServer, parseOrigins } from "./inbox_model";

test("origins come one a line", () => {
  expect(parseOrigins(" https://a.example\n\nhttps://b.example, ")).toEqual([
    "https://a.example",
    "https://b.example",
  ]);
});

test("an empty password is not sent, so that the server keeps its own", () => {
  expect(mailServer({ ...DEFAULT_SMTP, password: "" })).not.toHaveProperty("password");
  expect(mailServer({ ...DEFAULT_SMTP, password: "x" })).toHaveProperty("password", "x");
});

test("the snippet is one element", () => {
  expect(installSnippet("https://desk.example", "0190-i")).toBe(
    '<script async src="https://desk.example/widget.js" data-inbox="0190-i"></script>',
  );
});
