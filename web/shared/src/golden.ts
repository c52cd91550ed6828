/** For tests: the frames in `tests/golden/frames`, which the Python tests read as well. */

import { readdirSync, readFileSync } from "node:fs";
import type { ClientFrame, EventFrame, ServerFrame } from "./frames";

const folder = new URL("../../../tests/golden/frames/", import.meta.url);

function read<F>(side: "client" | "server", op: string): F[] {
  return JSON.parse(readFileSync(new URL(`${side}.${op}.json`, folder), "utf8")) as F[];
}

export function listOps(side: "client" | "server"): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${side}.`))
    .map((name) => name.slice(side.length + 1, -".json".length))
    .sort();
}

export const clientFrames = <O extends ClientFrame["op"]>(op: O) =>
  read<ClientFrame & { op: O }>("client", op);

export const serverFrames = <O extends ServerFrame["op"]>(op: O) =>
  read<ServerFrame & { op: O }>("server", op);

/** One ticket's life, as an agent sees it. */
export const ticketLife = (): EventFrame[] => read<EventFrame>("server", "event");
