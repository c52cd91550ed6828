import "fake-indexeddb/auto";
import { FakeClock, FakeServer } from "@parley/shared/live/fakes";
import type { WidgetRoom } from "@parley/shared/resources";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type App, createApp } from "../app";
import { Writing } from "../composer/actions";
import { Visit } from "./actions";
import { draftKey, parseRemembered, rememberedKey } from "./model";
import { openKeyValues } from "./storage";

const room: WidgetRoom = {
  ...{ room: "ticket:1", subject: "Lamp", status: "open", public_seq: 2 },
  last_message: { content: "Hi", author_type: "agent", created_at: "2026-11-22T10:00:00Z" },
};
const identity = (sub: string) => `e30.${btoa(JSON.stringify({ sub }))}.sig`;

interface Asked {
  method: string;
  body: { token?: string; identity?: string };
}

let asked: Asked[] = [];
let answers: (() => Response)[] = [];

const session = (visitor: string, rooms: WidgetRoom[] = []) =>
  Response.json({
    ...{ token: `token of ${visitor}`, visitor_id: visitor, rooms },
    customer: { name: null, email: null },
    inbox: {
      ...{ id: "i", name: "Shop", greeting: "", accent_color: "#112233" },
      ...{ sneak_peek: true, online: true },
    },
  });
const problem = (status: number, headers = {}) =>
  Response.json({ code: "x", status }, { status, headers });

beforeEach(() => {
  asked = [];
  answers = [];
  const fetch = async (_: string, { method, body }: RequestInit) => {
    asked.push({ method: String(method), body: body ? JSON.parse(String(body)) : {} });
    const answer = answers.shift();
    if (!answer) throw new TypeError("Failed to fetch");
    return answer();
  };
  vi.stubGlobal("fetch", fetch);
});
afterEach(() => vi.unstubAllGlobals());

const values = new Map<string, string>();
const browser = {
  get length() {
    return values.size;
  },
  key: (i: number) => [...values.keys()][i] ?? null,
  getItem: (key: string) => values.get(key) ?? null,
  setItem: (key: string, value: string) => values.set(key, value),
  removeItem: (key: string) => values.delete(key),
} as unknown as Storage;
beforeEach(() => values.clear());

function open(): { app: App; visit: Visit; server: FakeServer; clock: FakeClock } {
  const app = createApp(
    "i",
    openKeyValues(() => browser),
    () => {},
    ["en"],
  );
  const [server, clock] = [new FakeServer(), new FakeClock()];
  return { app, visit: new Visit(app, server.open, clock), server, clock };
}

const remembered = () => parseRemembered(values.get(rememberedKey("i")) ?? null);
const PATIENCE_MS = 30_000;
const settled = () => vi.waitFor(() => expect(answers).toEqual([]), PATIENCE_MS);

it("does not connect a fresh visitor before the chat is opened", async () => {
  const { app, visit, server } = open();
  answers.push(() => session("vic"));
  await visit.begin(null);
  expect(app.session.value?.visitor_id).toBe("vic");
  expect(server.connections).toHaveLength(0);
  visit.connect();
  server.last.accept();
  expect(server.last.take()).toMatchObject([{ op: "hello", token: "token of vic" }]);
});

const me = { type: "customer", id: "vic", name: "Vic" } as const;
const welcome = { op: "welcome", session: "s", heartbeat_seconds: 25, me } as const;

/** A visitor whose first session has begun and whose line is open. */
async function connected() {
  const opened = open();
  answers.push(() => session("vic"));
  await opened.visit.begin(null);
  opened.visit.connect();
  opened.server.last.accept();
  opened.server.last.say(welcome);
  return opened;
}

it("comes back as the same visitor, into the one conversation", async () => {
  const first = open();
  answers.push(() => session("vic"));
  await first.visit.begin(null);
  const { app, visit, server } = open();
  answers.push(() => session("vic", [room]));
  await visit.begin(null);
  expect(asked[1]?.body).toEqual({ inbox_id: "i", token: "token of vic" });
  expect(app.screen.value).toEqual({ kind: "conversation", room: "ticket:1" });
  server.last.accept();
  expect(server.last.take()).toMatchObject([{ op: "hello", resume: { "ticket:1": 0 } }]);
});

it("keeps a conversation that began while the session was renewed", async () => {
  const { app, visit, server, clock } = await connected();
  new Writing(app, clock).write("Hello");
  new Writing(app, clock).send();
  const sent = server.last.take().find((frame) => frame.op === "send");
  // The answer was made before the first message was taken, and comes after it.
  answers.push(() => {
    server.last.say({ op: "ack", id: sent?.id ?? "", room: "ticket:1", seq: 2 });
    return session("vic");
  });
  await visit.begin(null);
  expect(app.screen.value).toEqual({ kind: "conversation", room: "ticket:1" });
  expect(app.rooms.value.map(({ room }) => room)).toEqual(["ticket:1"]);
});

it("begins as somebody new when the remembered token has run out", async () => {
  const first = open();
  answers.push(() => session("vic"));
  await first.visit.begin(null);
  const { app, visit } = open();
  answers.push(
    () => problem(401),
    () => session("new"),
  );
  await visit.begin(null);
  expect(asked.at(-1)?.body).toEqual({ inbox_id: "i" });
  expect(app.session.value?.visitor_id).toBe("new");
});

it("keeps asking while the server is away, and stops when it is refused", async () => {
  const { app, visit, clock } = open();
  await visit.begin(null);
  answers.push(() => problem(503));
  clock.elapse(60_000);
  await settled();
  answers.push(() => session("vic"));
  await vi.waitFor(() => {
    clock.elapse(60_000);
    expect(app.session.value?.visitor_id).toBe("vic");
  }, PATIENCE_MS);
  const refused = open();
  answers.push(() => problem(403));
  await refused.visit.begin(null);
  const before = asked.length;
  refused.clock.elapse(600_000);
  expect(asked).toHaveLength(before);
  expect(refused.app.session.value).toBeNull();
});

it("forgets everything of one person before it serves another", async () => {
  const carla = open();
  answers.push(() => session("carla", [room]));
  await carla.visit.begin(identity("carla"));
  new Writing(carla.app, carla.clock).write("my card number is");
  expect(values.get(draftKey("i", "ticket:1"))).toContain("card");
  const next = open();
  answers.push(() => session("nobody"));
  await next.visit.begin(null);
  expect(asked.at(-1)?.body).toEqual({ inbox_id: "i" });
  expect([...values.keys()]).toEqual([rememberedKey("i")]);
  expect(next.app.draft.value.text).toBe("");
});

it("leaves nothing behind when it ends, whether the server hears it or not", async () => {
  const { app, visit, server } = open();
  answers.push(() => session("vic", [room]));
  await visit.begin(identity("carla"));
  server.last.accept();
  new Writing(app, new FakeClock()).write("half a sen");
  await visit.end();
  expect(asked.at(-1)?.method).toBe("DELETE");
  expect(server.last.dropped).toBe(true);
  expect([...values.keys()]).toEqual([]);
  expect([app.session.value, app.live.value, app.rooms.value]).toEqual([null, null, []]);
});

it("asks for a new session when the socket says unauthorized", async () => {
  const { visit, server } = open();
  answers.push(() => session("vic", [room]));
  await visit.begin(null);
  server.last.accept();
  answers.push(() => session("vic", [room]));
  server.last.close(4401);
  await vi.waitFor(() => expect(server.connections).toHaveLength(2), PATIENCE_MS);
  expect(asked.at(-1)?.body.token).toBe("token of vic");
  expect(remembered()?.visitor_id).toBe("vic");
});

it("says that the line is broken after a while, however often it tries, and takes it back", async () => {
  const { app, visit, server, clock } = open();
  answers.push(() => session("vic", [room]));
  await visit.begin(null);
  server.last.accept();
  server.last.say(welcome);
  server.last.close(1006);
  for (let waited = 0; waited < 2_000; waited += 500) {
    expect(app.lost.value).toBe(false);
    clock.elapse(500);
    if (server.connections.length > 1) server.last.close(1006);
  }
  clock.elapse(600);
  expect(app.lost.value).toBe(true);
  clock.elapse(30_000);
  server.last.accept();
  server.last.say(welcome);
  expect(app.lost.value).toBe(false);
});

it("takes what is being written into the ticket that the first message opens", async () => {
  const { app, server, clock } = await connected();
  const writing = new Writing(app, clock);
  writing.write("Hello");
  writing.send();
  writing.write("and one more th");
  const sent = server.last.take().find((frame) => frame.op === "send");
  server.last.say({ op: "ack", id: sent?.id ?? "", room: "ticket:9", seq: 1 });
  expect(app.screen.value).toEqual({ kind: "conversation", room: "ticket:9" });
  expect(values.get(draftKey("i", null))).toBeUndefined();
  expect(values.get(draftKey("i", "ticket:9"))).toContain("one more th");
  expect(app.rooms.value.map((known) => known.room)).toEqual(["ticket:9"]);
  server.last.take();
  writing.write("and one more thing");
  expect(server.last.take()).toEqual([]);
  clock.elapse(3_000);
  writing.write("and one more thing!");
  const typed = { op: "typing", room: "ticket:9", on: true, text: "and one more thing!" };
  expect(server.last.take()).toContainEqual(typed);
});
