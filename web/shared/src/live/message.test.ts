import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { openOutboxStore } from "./outboxStore";
import { desk, echo, inbox, joined, online, room, seqs, settled, welcome } from "./rehearsal";

describe("a message", () => {
  it("is shown at once, sent, acked, and replaced by its event without a gap", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(0));
    server.last.take();
    const id = client.send({ room, content: "Hi" });
    expect(server.last.take()).toEqual([{ op: "send", room, id, type: "message", content: "Hi" }]);
    server.last.say({ op: "ack", id, room, seq: 1 });
    expect(client.outgoing(room)).toMatchObject([{ id, state: "acked" }]);
    server.last.say(echo(id, 1));
    expect(client.outgoing(room)).toEqual([]);
    expect(seqs(client)).toEqual([1]);
  });

  it("to an inbox opens a room that is joined by itself", () => {
    const { server, client, notices } = online();
    const first = client.send({ room: inbox, content: "Hi" });
    client.send({ room: inbox, content: "Are you there?" });
    server.last.take();
    server.last.say({ op: "ack", id: first, room, seq: 1 });
    expect(server.last.take()).toMatchObject([
      { op: "join", room, since: 0 },
      { op: "send", room, id: "m2" },
    ]);
    expect(notices).toContainEqual({ kind: "acked", id: first, room, sentTo: inbox });
    server.last.say(joined(1), echo(first, 1));
    expect(client.outgoing(room).map(({ id }) => id)).toEqual(["m2"]);
  });

  it("survives a lost connection once: the event stands in for the lost ack", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.say(joined(0));
    const id = client.send({ room, content: "Hi" });
    server.last.close(1006);
    clock.elapse(1_000);
    welcome({ server, client, clock, notices: [] });
    expect(server.last.take()).toContainEqual(expect.objectContaining({ op: "send", id }));
    server.last.say(joined(1), echo(id, 1));
    server.last.say({ op: "ack", id, room, seq: 1 });
    expect(client.outgoing(room)).toEqual([]);
    expect(seqs(client)).toEqual([1]);
  });

  it("survives a reload in IndexedDB, its owner's only", async () => {
    const before = desk(openOutboxStore(indexedDB, "vic"));
    before.client.send({ room, content: "Hi" });
    await settled();
    before.client.stop();
    const stranger = online(openOutboxStore(indexedDB, "somebody else"));
    const after = online(openOutboxStore(indexedDB, "vic"));
    await settled();
    expect(stranger.client.outgoing(room)).toEqual([]);
    expect(after.client.outgoing(room)).toMatchObject([{ id: "m1", content: "Hi" }]);
    after.server.last.say({ op: "ack", id: "m1", room, seq: 1 });
    await settled();
    const later = openOutboxStore(indexedDB, "vic");
    await expect(later.load()).resolves.toEqual([]);
  });

  it("leaves no trace in the store of who signs out", async () => {
    const store = openOutboxStore(indexedDB, "vic");
    desk(store).client.send({ room, content: "Hi" });
    await settled();
    await store.clear();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names).not.toContain("parley-outbox-vic");
    await expect(store.load()).resolves.toEqual([]);
  });

  it("is sent although the browser forbids storage", async () => {
    const { server, client } = online(openOutboxStore(undefined, "vic"));
    client.send({ room, content: "Hi" });
    await settled();
    expect(server.last.take().at(-1)).toMatchObject({ op: "send", content: "Hi" });
  });

  it("that is a draft says so, and is gone when a colleague has sent it", () => {
    const { server, client, notices } = online();
    const id = client.send({ room, content: "Hi", draft: 4 });
    expect(server.last.take().at(-1)).toMatchObject({ op: "send", id, draft: 4 });
    server.last.say({ op: "refused", id, room, code: "draft_sent", detail: "", retry: false });
    expect(client.outgoing(room)).toEqual([]);
    expect(notices.at(-1)).toMatchObject({ kind: "refused", refusal: { id, code: "draft_sent" } });
  });

  it("fails visibly, and is retried or discarded", () => {
    const { server, client } = online();
    const id = client.send({ room, content: "Hi" });
    server.last.say({ op: "refused", id, code: "too_large", detail: "Too long.", retry: false });
    expect(client.outgoing(room)).toMatchObject([
      { state: "failed", failure: { code: "too_large" } },
    ]);
    server.last.take();
    client.retry(id);
    expect(server.last.take()).toMatchObject([{ op: "send", id }]);
    client.discard(id);
    expect(client.outgoing(room)).toEqual([]);
  });
});
