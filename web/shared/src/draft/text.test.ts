import { expect, it } from "vitest";
import * as Y from "yjs";
import { append, fragmentOf, listSigns, plainText } from "./text";
import { unsaid } from "./unsaid";

/** Writes into the first paragraph, as an editor does. */
function type(doc: Y.Doc, at: number, text: string): void {
  const [paragraph] = fragmentOf(doc).toArray();
  const [line] = paragraph instanceof Y.XmlElement ? paragraph.toArray() : [];
  if (line instanceof Y.XmlText) line.insert(at, text);
  else throw new Error("There is no text to write into.");
}

function written(text: string): Y.Doc {
  const doc = new Y.Doc();
  append(doc, text);
  return doc;
}

/** The same page on another desk. */
function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

const meet = (a: Y.Doc, b: Y.Doc) => {
  Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
  Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
};
const left = (doc: Y.Doc, sent: string, given: Map<number, number> = new Map()) =>
  unsaid(listSigns(doc), sent, new Set([doc.clientID]), given);

it("is paragraphs and hard breaks as lines, without what was deleted", () => {
  const doc = written("Hello Carla,\n\nit is there.");
  const last = fragmentOf(doc).get(2) as Y.XmlElement;
  last.insert(1, [new Y.XmlElement("hardBreak"), new Y.XmlText("Also in 💡.")]);
  type(doc, 5, " dear");
  fragmentOf(doc).delete(1, 1);
  expect(plainText(doc)).toBe("Hello dear Carla,\nit is there.\nAlso in 💡.");
  expect(
    listSigns(doc)
      .map(({ text }) => text)
      .join(""),
  ).toBe(plainText(doc));
});

it("appends below what is there, and begins an empty page", () => {
  const doc = written("");
  append(doc, "one");
  append(doc, "two\n\nthree");
  expect(plainText(doc)).toBe("one\ntwo\n\nthree");
});

it("gives back the own words that were left out, and nobody else's", () => {
  const bob = written("It is there in green.");
  const alice = copyOf(bob);
  type(alice, 20, " and in blue");
  type(bob, 0, "Hello! ");
  expect(left(alice, plainText(bob))).toBe("and in blue.");
  meet(alice, bob);
  expect(left(alice, "Hello! It is there in green.")).toBe("and in blue.");
  expect(left(bob, "It is there in green and in blue.")).toBe("Hello!");
  expect(left(alice, plainText(bob))).toBe("");
});

it("puts words that do not stand together on lines of their own", () => {
  const bob = written("It is there.");
  const alice = copyOf(bob);
  type(alice, 11, " in all of our shops");
  type(alice, 0, "Good news: ");
  expect(left(alice, "It is there.")).toBe("Good news:\nin all of our shops.");
});

it("asks nothing back that the server had long before", () => {
  const alice = written("The first sentence. ");
  const given = new Map(Y.decodeStateVector(Y.encodeStateVector(alice)));
  type(alice, 20, "The second.");
  expect(left(alice, "", given)).toBe("The second.");
  expect(left(alice, "Bob wrote something else.", given)).toBe("The second.");
});

it("stays quick on two long texts that differ", () => {
  const alice = written(Array.from({ length: 60_000 }, (_, i) => `a${i}`).join(" "));
  expect(left(alice, Array.from({ length: 60_000 }, (_, i) => `b${i}`).join(" "))).not.toBe("");
});
