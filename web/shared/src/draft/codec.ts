/**
 * The binary frames of the live protocol, both ways. Pure. One byte of channel, the ticket's id,
 * the draft's generation, then one message of the Yjs protocols: what is in the draft, and who has
 * the cursor where.
 */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import type { Id } from "../resources";

const channel = 1;
const headBytes = 21;

/** A message of y-protocols: types 0 (sync: 0, 1, 2) and 1 (awareness). */
export type DraftMessage =
  /** What I have, as a state vector: answer with the rest. */
  | { kind: "ask"; payload: Uint8Array }
  /** What you lack. */
  | { kind: "answer"; payload: Uint8Array }
  | { kind: "update"; payload: Uint8Array }
  /** Who writes here, and where. */
  | { kind: "awareness"; payload: Uint8Array };

export interface DraftFrame {
  ticketId: Id;
  generation: number;
  message: DraftMessage;
}

const syncKinds = ["ask", "answer", "update"] as const;

export function formatDraftFrame(frame: DraftFrame): Uint8Array<ArrayBuffer> {
  const { kind, payload } = frame.message;
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, channel);
  encoding.writeUint8Array(encoder, bytesOf(frame.ticketId));
  encoding.writeUint32BigEndian(encoder, frame.generation);
  if (kind === "awareness") encoding.writeVarUint(encoder, 1);
  else {
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarUint(encoder, syncKinds.indexOf(kind));
  }
  encoding.writeVarUint8Array(encoder, payload);
  return encoding.toUint8Array(encoder);
}

/** The frame in `bytes`, or null for one that this client does not know or cannot trust. */
export function parseDraftFrame(bytes: Uint8Array): DraftFrame | null {
  if (bytes.length <= headBytes || bytes[0] !== channel) return null;
  const ticketId = idOf(bytes.subarray(1, 17));
  const generation = new DataView(bytes.buffer, bytes.byteOffset).getUint32(17);
  try {
    const message = readMessage(decoding.createDecoder(bytes.subarray(headBytes)));
    return message && { ticketId, generation, message };
  } catch {
    return null;
  }
}

function readMessage(decoder: decoding.Decoder): DraftMessage | null {
  const type = decoding.readVarUint(decoder);
  const kind = type === 0 ? syncKinds[decoding.readVarUint(decoder)] : "awareness";
  if (type > 1 || !kind) return null;
  return { kind, payload: decoding.readVarUint8Array(decoder) };
}

function bytesOf(id: Id): Uint8Array {
  const digits = id.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

function idOf(bytes: Uint8Array): Id {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
