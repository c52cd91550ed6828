/**
 * A draft as text, and whose words are in it. Pure. The document is what the editor makes of it:
 * paragraphs of text and hard breaks; as text each of both is a new line.
 */

import * as Y from "yjs";

/** The name of the reply in the document. */
export const fragmentName = "reply";

export const fragmentOf = (doc: Y.Doc): Y.XmlFragment => doc.getXmlFragment(fragmentName);

/** One UTF-16 unit of a draft, and who wrote it as which of their operations. */
export interface Sign {
  text: string;
  client: number;
  clock: number;
}

type Part = Y.XmlElement | Y.XmlText | Y.XmlHook;

/** By which client, up to which of its operations. */
export type Clocks = ReadonlyMap<number, number>;

export function plainText(doc: Y.Doc): string {
  return listPieces(doc)
    .map(({ text }) => text)
    .join("");
}

export function listSigns(doc: Y.Doc): Sign[] {
  return listPieces(doc).flatMap(({ text, client, clock }) =>
    Array.from({ length: text.length }, (_, i) => ({
      text: text[i] ?? "",
      client,
      clock: clock + i,
    })),
  );
}

/** What was written in one go, in order; a line's end belongs to who made the line after it. */
function listPieces(doc: Y.Doc): Sign[] {
  return fragmentOf(doc)
    .toArray()
    .flatMap((block, at) => [
      ...(at > 0 ? [lineEnd(block)] : []),
      ...(block instanceof Y.XmlElement ? block.toArray().flatMap(piecesOf) : piecesOf(block)),
    ]);
}

function piecesOf(part: Part): Sign[] {
  if (!(part instanceof Y.XmlText)) return [lineEnd(part)];
  const pieces: Sign[] = [];
  for (let item = part._start; item; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    pieces.push({ text: item.content.str, ...item.id });
  }
  return pieces;
}

function lineEnd(part: Part): Sign {
  const { client, clock } = part._item?.id ?? { client: 0, clock: 0 };
  return { text: "\n", client, clock };
}

/** Adds the text at the end, in paragraphs of its own; an empty document begins with it. */
export function append(doc: Y.Doc, text: string): void {
  const reply = fragmentOf(doc);
  const paragraphs = text.split("\n").map((line) => {
    const paragraph = new Y.XmlElement("paragraph");
    if (line) paragraph.insert(0, [new Y.XmlText(line)]);
    return paragraph;
  });
  doc.transact(() => {
    if (!plainText(doc).trim()) reply.delete(0, reply.length);
    reply.insert(reply.length, paragraphs);
  });
}

/** The clocks of an encoded state vector. */
export function parseClocks(vector: Uint8Array): Clocks {
  return Y.decodeStateVector(vector);
}
