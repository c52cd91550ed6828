import { describe, expect, it } from "vitest";
import type { EventFrame, Member } from "../frames";
import { toHistory } from "./history";
import { alice, desk, joined, life, online, room, seqs, told, welcome } from "./rehearsal";

describe("a room", () => {
  it("is joined by the greeting itself", () => {
    const { server, client } = desk();
    client.join(room);
    client.start();
    server.last.accept();
    expect(server.last.take()).toEqual([{ op: "hello", v: 1, token: "t", resume: { [room]: 0 } }]);
  });

  it("takes every event once, in order, and knows when it has caught up", () => {
    const { server, client, notices } = online();
    client.join(room);
    server.last.say(joined(3), ...life.slice(0, 2));
    expect(client.room(room)?.caughtUp).toBe(false);
    server.last.say(...life.slice(0, 4));
    expect(client.room(room)?.caughtUp).toBe(true);
    expect(seqs(client)).toEqual([1, 2, 3, 4]);
    expect(told(notices)).toEqual([1, 2, 3, 4]);
  });

  it("asks for what is missing when it sees a hole", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(2), ...life.slice(0, 2));
    server.last.take();
    server.last.say(life[3] as EventFrame, life[4] as EventFrame);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 2 }]);
    expect(seqs(client)).toEqual([1, 2]);
    server.last.say(joined(5), ...life.slice(2, 6));
    expect(seqs(client)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("asks once for a hole that nobody can fill, and goes on", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(1), life[0] as EventFrame, life[2] as EventFrame);
    server.last.take();
    server.last.say(joined(3), life[2] as EventFrame, life[3] as EventFrame);
    expect(server.last.take()).toEqual([]);
    expect(seqs(client)).toEqual([1, 3, 4]);
  });

  it("asks for the next hole although the line itself had filled the one before", () => {
    const { server, client } = online();
    client.join(room);
    const [one, two, three, four] = life as [EventFrame, EventFrame, EventFrame, EventFrame];
    server.last.say(joined(1), one, three, two, three, joined(3));
    server.last.take();
    server.last.say(life[4] as EventFrame);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 3 }]);
    server.last.say(joined(5), four, life[4] as EventFrame);
    expect(seqs(client)).toEqual([1, 2, 3, 4, 5]);
  });

  it("that cannot be entered just now is asked for again", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.take();
    const refusal = { code: "unavailable", detail: "", retry: true } as const;
    server.last.say({ op: "refused", room, ...refusal });
    clock.elapse(1_999);
    expect(server.last.take()).toEqual([]);
    clock.elapse(1);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say({ op: "refused", room, ...refusal, retry_after_ms: 300 });
    clock.elapse(300);
    server.last.say(joined(1), life[0] as EventFrame);
    expect(client.room(room)?.caughtUp).toBe(true);
    clock.elapse(5_000);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
  });

  it("knows its draft's generation while the line is open, and asks when it was outrun", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say({ ...joined(0), draft: 1 });
    expect(client.room(room)?.draft).toBe(1);
    server.last.say({ op: "draft", room, generation: 2 });
    expect(client.room(room)?.draft).toBe(2);
    server.last.take();
    const late = { op: "refused", room, code: "draft_sent", detail: "", retry: false } as const;
    server.last.say(late, late);
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say({ ...joined(0), draft: 3 });
    expect(client.room(room)?.draft).toBe(3);
    server.last.close(1006);
    expect(client.room(room)?.draft).toBeNull();
  });

  it("tells how many are there where the list of them is cut", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(0), { op: "presence", room, members: [alice], total: 900 });
    expect(client.room(room)).toMatchObject({ members: [alice], total: 900 });
    server.last.say({ op: "presence", room, members: [alice] });
    expect(client.room(room)?.total).toBe(1);
  });

  it("resumes from its last after a break", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.say(joined(2), ...life.slice(0, 2));
    server.last.close(1006);
    clock.elapse(1_000);
    server.last.accept();
    expect(server.last.take()).toMatchObject([{ op: "hello", resume: { [room]: 2 } }]);
    server.last.say(joined(4), ...life.slice(2, 4));
    expect(seqs(client)).toEqual([1, 2, 3, 4]);
  });

  it("begins from a snapshot", () => {
    const { server, client } = online();
    server.last.take();
    client.join(room, toHistory(life.slice(0, 6)));
    expect(server.last.take()).toEqual([{ op: "join", room, since: 6 }]);
    server.last.say(joined(6));
    expect(client.room(room)?.caughtUp).toBe(true);
  });

  it("counts an event of a newer server without showing it", () => {
    const { server, client } = online();
    client.join(room);
    const strange = { ...life[0], type: "merged" } as unknown as EventFrame;
    server.last.say(joined(2), strange, life[1] as EventFrame);
    expect(seqs(client)).toEqual([2]);
    expect(client.room(room)?.history.seq).toBe(2);
  });

  it("begins again when the server has less than it saw", () => {
    const { server, client } = online();
    client.join(room, toHistory(life));
    server.last.take();
    server.last.say(joined(3));
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say(joined(3), ...life.slice(0, 3));
    expect(seqs(client)).toEqual([1, 2, 3]);
  });

  it("says that it was joined anew, though nothing else of it has changed", () => {
    const { server, client, notices } = online();
    client.join(room);
    server.last.say({ ...joined(0), draft: 1 });
    const before = client.room(room);
    notices.length = 0;
    server.last.say({ ...joined(0), draft: 1 });
    expect(client.room(room)).toEqual({ ...before, members: [alice], joins: 2 });
    expect(notices).toEqual([{ kind: "room", room }]);
  });

  it("is read anew on wish", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say(joined(2), ...life.slice(0, 2));
    server.last.take();
    client.renew(room);
    expect(client.room(room)).toMatchObject({ caughtUp: false, history: { seq: 0 } });
    expect(server.last.take()).toEqual([{ op: "join", room, since: 0 }]);
    server.last.say(joined(2), ...life.slice(0, 2));
    expect(client.room(room)).toMatchObject({ caughtUp: true, history: { seq: 2 } });
  });

  it("shows who is here and who types, until they stop or are lost", () => {
    const { server, client, clock } = online();
    client.join(room);
    const carla: Member = { type: "customer", id: "c", name: "Carla" };
    server.last.say(joined(0), { op: "presence", room, members: [alice, carla] });
    server.last.say({ op: "typing", room, who: carla, on: true, text: "He" });
    expect(client.room(room)?.members).toEqual([alice, carla]);
    expect(client.room(room)?.typing).toMatchObject([{ who: carla, text: "He" }]);
    clock.elapse(7_000);
    expect(client.room(room)?.typing).toEqual([]);
    server.last.close(1006);
    expect(client.room(room)?.members).toEqual([]);
  });

  it("is read forward only, and tells its own reading once", () => {
    const { server, client } = online();
    client.join(room);
    server.last.say({ ...joined(0), reads: { c: 4 } });
    const carla: Member = { type: "customer", id: "c", name: "Carla" };
    server.last.say({ op: "read", room, who: carla, seq: 3 });
    server.last.take();
    client.read(room, 5);
    client.read(room, 4);
    expect(server.last.take()).toEqual([{ op: "read", room, seq: 5 }]);
    expect(client.room(room)?.reads).toEqual({ c: 4, [alice.id ?? ""]: 5 });
  });

  it("tells what was read before anybody was known to be here", () => {
    const made = desk();
    const { server, client } = made;
    client.join(room, toHistory(life.slice(0, 3)));
    client.read(room, 3);
    client.start();
    welcome(made);
    server.last.take();
    server.last.say(joined(3));
    expect(server.last.take()).toEqual([{ op: "read", room, seq: 3 }]);
    expect(client.room(room)?.reads).toEqual({ [alice.id ?? ""]: 3 });
  });

  it("tells its reading again when the line broke under it, and not when it was heard", () => {
    const made = online();
    const { server, client, clock } = made;
    client.join(room, toHistory(life.slice(0, 3)));
    server.last.say(joined(3));
    client.read(room, 3);
    const again = (reads: Record<string, number>) => {
      server.last.close(1006);
      clock.elapse(1_000);
      welcome(made);
      server.last.take();
      server.last.say({ ...joined(3), reads });
      return server.last.take();
    };
    expect(again({ [alice.id ?? ""]: 2 })).toEqual([{ op: "read", room, seq: 3 }]);
    expect(again({ [alice.id ?? ""]: 3 })).toEqual([]);
  });

  it("says that it was refused and is not joined again", () => {
    const { server, client, clock } = online();
    client.join(room);
    server.last.say({ op: "refused", room, code: "not_found", detail: "", retry: false });
    expect(client.room(room)?.refused).toBe("not_found");
    server.last.close(1006);
    clock.elapse(1_000);
    server.last.accept();
    expect(server.last.take()).toEqual([{ op: "hello", v: 1, token: "t", resume: {} }]);
  });

  it("is left by the last who joined it", () => {
    const { server, client } = online();
    const [first, second] = [client.join(room), client.join(room)];
    server.last.take();
    first();
    first();
    expect(server.last.take()).toEqual([]);
    second();
    expect(server.last.take()).toEqual([{ op: "leave", room }]);
    expect(client.room(room)).toBeNull();
  });
});
