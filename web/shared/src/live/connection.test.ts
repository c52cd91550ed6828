import { describe, expect, it } from "vitest";
import type { Member } from "../frames";
import { backoffMs, Connection, type ConnectionInput } from "./connection";

const me: Member = { type: "agent", id: "a", name: "Alice" };
const welcome: ConnectionInput = {
  kind: "frame",
  frame: { op: "welcome", session: "s", heartbeat_seconds: 25, me },
};
const pong: ConnectionInput = { kind: "frame", frame: { op: "pong" } };
const lost = (code = 1006): ConnectionInput => ({ kind: "closed", code, chance: 0.5 });
const due: ConnectionInput = { kind: "due", chance: 0.5 };

function online(at = 0): Connection {
  const connection = new Connection();
  for (const input of [{ kind: "start" }, { kind: "opened" }, welcome] as const) {
    connection.receive(input, at);
  }
  return connection;
}

const kinds = (outputs: { kind: string }[]) => outputs.map(({ kind }) => kind);

describe("the connection", () => {
  it("opens, greets, and is online at the welcome", () => {
    const connection = new Connection();
    expect(connection.receive({ kind: "start" }, 0)).toEqual([
      { kind: "phase", phase: "opening" },
      { kind: "open" },
    ]);
    expect(connection.receive({ kind: "opened" }, 0)).toEqual([
      { kind: "phase", phase: "greeting" },
      { kind: "greet" },
    ]);
    expect(connection.receive(welcome, 0)).toEqual([{ kind: "phase", phase: "online" }]);
    expect(connection.me).toEqual(me);
  });

  it("pings after a silent heartbeat and drops what does not answer", () => {
    const connection = online();
    expect(connection.wakeAt).toBe(25_000);
    expect(connection.receive(due, 25_000)).toEqual([{ kind: "ping" }]);
    connection.receive(pong, 25_100);
    expect(connection.wakeAt).toBe(50_100);
    expect(connection.receive(due, 50_100)).toEqual([{ kind: "ping" }]);
    expect(kinds(connection.receive(due, 58_100))).toEqual(["drop", "phase"]);
    expect(connection.phase).toBe("waiting");
  });

  it("asks soon after a sleep of the machine", () => {
    const connection = online();
    connection.receive(due, 3_600_000);
    expect(connection.wakeAt).toBe(3_604_000);
  });

  it("gives up on a socket that never opens or never welcomes", () => {
    const connection = new Connection();
    connection.receive({ kind: "start" }, 0);
    expect(kinds(connection.receive(due, 10_000))).toEqual(["drop", "phase"]);
    const silent = new Connection();
    silent.receive({ kind: "start" }, 0);
    silent.receive({ kind: "opened" }, 9_000);
    expect(kinds(silent.receive(due, 10_000))).toEqual(["drop", "phase"]);
  });

  it("waits longer after each failure, and begins anew after a stable while", () => {
    const connection = online();
    const waits: number[] = [];
    for (let now = 0, tries = 0; tries < 4; tries++) {
      connection.receive(lost(), now);
      waits.push((connection.wakeAt ?? 0) - now);
      now = connection.wakeAt ?? 0;
      connection.receive(due, now);
    }
    expect(waits).toEqual([450, 700, 1200, 2200]);
    connection.receive({ kind: "opened" }, 20_000);
    connection.receive(welcome, 20_000);
    connection.receive(lost(), 30_000);
    expect(connection.wakeAt).toBe(30_450);
  });

  it("does not call a welcome stable that is followed by a close", () => {
    const connection = online();
    connection.receive(lost(), 10);
    connection.receive(due, 460);
    connection.receive({ kind: "opened" }, 460);
    connection.receive(welcome, 460);
    connection.receive(lost(), 470);
    expect((connection.wakeAt ?? 0) - 470).toBe(700);
  });

  it("obeys the time that bye gives, with jitter above it", () => {
    const connection = online();
    connection.receive(
      { kind: "frame", frame: { op: "bye", reason: "drain", retry_after_ms: 4_000 } },
      100,
    );
    connection.receive(lost(1012), 200);
    expect(connection.wakeAt).toBe(200 + 6_000);
  });

  it("obeys bye although the network comes back meanwhile", () => {
    const connection = online();
    connection.receive(
      { kind: "frame", frame: { op: "bye", reason: "drain", retry_after_ms: 4_000 } },
      0,
    );
    connection.receive(lost(1012), 0);
    const back: ConnectionInput = { kind: "network", online: true, chance: 0 };
    expect(connection.receive(back, 3_999)).toEqual([]);
    expect(kinds(connection.receive(back, 4_000))).toEqual(["phase", "open"]);
  });

  it("stops at 4401 until it is started again", () => {
    const connection = online();
    expect(connection.receive(lost(4401), 0)).toEqual([{ kind: "phase", phase: "refused" }]);
    expect(connection.wakeAt).toBeNull();
    expect(connection.receive(lost(1006), 0)).toEqual([]);
    expect(kinds(connection.receive({ kind: "start" }, 0))).toEqual(["phase", "open"]);
  });

  it("keeps away longer when it is one of too many", () => {
    const connection = online();
    connection.receive(lost(4429), 0);
    expect(connection.wakeAt).toBe(5_450);
  });

  it("follows the browser's word on the network", () => {
    const connection = online();
    const network = (is: boolean): ConnectionInput => ({ kind: "network", online: is, chance: 0 });
    expect(kinds(connection.receive(network(false), 0))).toEqual(["drop", "phase"]);
    expect(kinds(connection.receive(network(true), 5))).toEqual(["phase", "open"]);
    const doubtful = online();
    expect(doubtful.receive(network(true), 5)).toEqual([{ kind: "ping" }]);
  });

  it("says nothing after stop", () => {
    const connection = online();
    expect(kinds(connection.receive({ kind: "stop" }, 0))).toEqual(["drop", "phase"]);
    expect(connection.receive(lost(), 1)).toEqual([]);
    expect(connection.wakeAt).toBeNull();
  });
});

it("spreads reconnects between 200 ms and the ceiling of 30 s", () => {
  expect(backoffMs(0, 0)).toBe(200);
  expect(backoffMs(50, 0.999999)).toBeLessThanOrEqual(30_200);
});
