import { expect, test } from "vitest";
import {
  DEFAULT_SMTP,
  installSnippet,
  mailServer,
  parseOrigins,
  readablePassword,
  roleOf,
} from "./model";

test("a password has four groups and nothing to mistake", () => {
  const password = readablePassword(Uint8Array.from({ length: 20 }, (_, at) => at * 13));
  expect(password).toMatch(/^[a-zA-Z2-9]{5}(-[a-zA-Z2-9]{5}){3}$/);
  expect(password).not.toMatch(/[0O1Il]/);
});

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

test("the widest role counts", () => {
  expect(roleOf({ roles: ["agent", "admin"] })).toBe("admin");
  expect(roleOf({ roles: ["light_agent"] })).toBe("light_agent");
});

test("the snippet is one element", () => {
  expect(installSnippet("https://desk.example", "0190-i")).toBe(
    '<script async src="https://desk.example/widget.js" data-inbox="0190-i"></script>',
  );
});
