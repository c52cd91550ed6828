import { describe, expect, it } from "vitest";
import type { TicketEvent } from "../events";
import type { EventFrame } from "../frames";
import { desk, joined, life, online, room, welcome } from "./rehearsal";

describe("the client", () => {
  it("carries binary frames while it is connected", () => {
    const made = online();
    const { server, client, notices } = made;
    client.carry(Uint8Array.of(1, 2));
    server.last.carry(Uint8Array.of(3));
    expect(server.last.carried).toEqual([Uint8Array.of(1, 2)]);
    expect(notices).toContainEqual({ kind: "bytes", payload: Uint8Array.of(3) });
    server.last.close(1006);
    client.carry(Uint8Array.of(4));
    expect(server.last.carried).toHaveLength(1);
  });

  it("takes a binary frame for a sign of life", () => {
    const { server, clock } = online();
    server.last.take();
    clock.elapse(24_000);
    server.last.carry(Uint8Array.of(1));
    clock.elapse(24_000);
    expect(server.last.take()).toEqual([]);
  });

  it("resumes as many rooms as a hello may carry, and joins the others behind it", () => {
    const { server, client } = desk();
    for (let i = 0; i < 203; i++) client.join(`inbox:${i}`);
    client.start();
    server.last.accept();
    const [hello, ...joins] = server.last.take();
    expect(Object.keys((hello as { resume: object }).resume)).toHaveLength(200);
    expect(joins.map((frame) => frame.op === "join" && frame.room)).toEqual([
      "inbox:200",
      "inbox:201",
      "inbox:202",
    ]);
  });

  it("keeps the line alive with pings and leaves a dead one", () => {
    const { server, client, clock } = online();
    server.last.take();
    clock.elapse(25_000);
    expect(server.last.take()).toEqual([{ op: "ping" }]);
    clock.elapse(8_000);
    expect(server.connections[0]?.dropped).toBe(true);
    expect(client.phase()).toBe("waiting");
    clock.elapse(1_000);
    expect(server.connections).toHaveLength(2);
  });

  it("tells its status again after a break", () => {
    const made = online();
    const { server, client, clock } = made;
    client.setStatus("away");
    server.last.close(1012);
    clock.elapse(1_000);
    welcome(made);
    expect(server.last.take()).toContainEqual({ op: "status", status: "away" });
  });

  it("lets a listener send, after what is under way", () => {
    const made = online();
    const { server, client } = made;
    const order: string[] = [];
    client.watch((notice) => {
      if (notice.kind !== "event") return;
      order.push(`heard ${notice.event.seq}`);
      client.read(room, notice.event.seq);
    });
    client.join(room);
    server.last.take();
    server.last.say(joined(2), ...life.slice(0, 2));
    expect(order).toEqual(["heard 1", "heard 2"]);
    expect(server.last.take().map((frame) => frame.op)).toEqual(["read", "read"]);
  });

  it("is silent after stop, and to those who stopped listening", () => {
    const { server, client, notices, clock } = online();
    const heard: TicketEvent[] = [];
    const undo = client.watch((notice) => notice.kind === "event" && heard.push(notice.event));
    client.join(room);
    undo();
    server.last.say(joined(1), life[0] as EventFrame);
    expect(heard).toEqual([]);
    client.stop();
    const before = notices.length;
    clock.elapse(100_000);
    expect([notices.length, server.connections.length]).toEqual([before, 1]);
  });

  it("passes on how many notifications are unread, and nothing that only looks like it", () => {
    const { server, notices } = online();
    server.last.say({ op: "notified", unread: 3, newest: "n" });
    server.last.say({ op: "notified", unread: "many", newest: null } as never);
    server.last.say({ op: "notified", unread: 0, newest: null });
    const counts = notices.flatMap((notice) => (notice.kind === "notified" ? [notice.unread] : []));
    expect(counts).toEqual([3, 0]);
  });
});
