import type { Inbox } from "@parley/shared/resources";
import { expect, test } from "vitest";
import {
  bodyOf,
  DEFAULT_IMAP,
  DEFAULT_SMTP,
  defaultDkim,
  fieldsOf,
  imapServer,
  installSnippet,
  mailServer,
  OAUTH,
  parseFolders,
  parseOrigins,
  providerOf,
  signInBy,
} from "./inbox_model";

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

test("folders come one a line, and names with spaces stay whole", () => {
  expect(parseFolders("INBOX\n\n Sales, new \n")).toEqual({
    folder: "INBOX",
    folders: ["Sales, new"],
  });
});

test("a password sign-in sends no token, and an empty secret is not sent", () => {
  const oauth = { ...OAUTH.google, client_id: "c", client_secret: "", refresh_token: "r" };
  expect(imapServer({ ...DEFAULT_IMAP, oauth }).oauth).toBeNull();
  expect(imapServer({ ...DEFAULT_IMAP, auth: "xoauth2", oauth }).oauth).toEqual({
    ...OAUTH.google,
    client_id: "c",
    refresh_token: "r",
  });
});

test("a relay that signs in as the mailbox's account is allowed to send, under its name", () => {
  const asked = { ...OAUTH.microsoft, scope: "read", client_id: "c" };
  const imap = { ...DEFAULT_IMAP, username: "us@x.test", auth: "xoauth2" as const, oauth: asked };
  const { smtp, imap: after } = signInBy("xoauth2", DEFAULT_SMTP, imap);
  expect(smtp).toMatchObject({ auth: "xoauth2", username: "us@x.test" });
  expect(after?.oauth?.scope).toContain("SMTP.Send");
  const own = { ...asked, token_url: "https://login.x.test/token" };
  expect(signInBy("xoauth2", DEFAULT_SMTP, { ...imap, oauth: own }).imap?.oauth?.scope).toBe(
    "read",
  );
  expect(signInBy("password", DEFAULT_SMTP, imap)).toEqual({ smtp: DEFAULT_SMTP });
});

test("nothing to do after the import is no action", () => {
  const nothing = { move_to: null, flag: null };
  expect(imapServer({ ...DEFAULT_IMAP, after_import: nothing }).after_import).toBeNull();
});

test("a provider is known by where its tokens come from", () => {
  expect(providerOf(OAUTH.google)).toBe("google");
  expect(providerOf(OAUTH.microsoft)).toBe("microsoft");
  expect(providerOf({ token_url: "half an address" })).toBe("custom");
});

test("a mail inbox is told its mail settings alone, and never what it made itself", () => {
  const dkim = { domain: "desk.test", selector: "parley", host: "h", record: "v=DKIM1" };
  const inbox: Inbox = {
    id: "i",
    name: "Mail",
    channel: "email",
    address: "a@desk.test",
    agent_ids: [],
    created_at: "2026-11-22T09:00:00Z",
    settings: { signature: "Yours", dkim },
  };
  expect(bodyOf(fieldsOf(inbox, []), false)).toEqual({
    name: "Mail",
    agent_ids: [],
    address: "a@desk.test",
    settings: {
      signature: "Yours",
      template: "",
      quote: false,
      bcc: [],
      dkim: { domain: "desk.test", selector: "parley" },
      smtp: null,
      imap: null,
      catch_all: false,
      closed_reply: "new",
      auto_reply: null,
      authserv_id: "",
    },
  });
});

test("mail is signed for the domain that it is sent from", () => {
  expect(defaultDkim("help@desk.test")).toEqual({ domain: "desk.test", selector: "parley" });
  expect(defaultDkim("").domain).toBe("");
});

test("the snippet is one element", () => {
  expect(installSnippet("https://desk.example", "0190-i")).toBe(
    '<script async src="https://desk.example/widget.js" data-inbox="0190-i"></script>',
  );
});
