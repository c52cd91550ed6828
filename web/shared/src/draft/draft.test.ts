import { afterEach, expect, it } from "vitest";
import * as Y from "yjs";
import { FakeClock } from "../live/fakes";
import { SharedDraft } from "./draft";
import { FakeDesk, ticketId } from "./fakes";
import { type KeptPage, parseKeptPage } from "./page";
import { append, fragmentOf } from "./text";

class Person {
  readonly draft: SharedDraft;
  /** Frames that have come and are not read yet; null: they are read at once. */
  queue: Uint8Array[] | null = null;
  told = 0;

  constructor(
    readonly desk: FakeDesk,
    readonly clock: FakeClock,
    kept: KeptPage | null = null,
    sent: Record<number, string> = {},
  ) {
    this.draft = new SharedDraft({
      ticketId,
      clock,
      carry: (payload) => desk.hear(payload, this.far),
      tell: () => this.told++,
      sentBefore: (generation) => sent[generation] ?? null,
      kept,
      unsaid: "",
    });
    made.push(this.draft);
  }

  readonly far = (payload: Uint8Array): void => {
    if (this.queue) this.queue.push(payload);
    else this.draft.receive(payload);
  };

  get text(): string {
    return this.draft.state.page.text;
  }

  come(): this {
    this.desk.connect(this.draft, this.far);
    return this;
  }

  go(): void {
    this.desk.cut(this.draft, this.far);
  }

  say(text: string): void {
    append(this.draft.state.page.doc, text);
  }

  /** As the console does: takes the page, and the server decides. */
  send(): boolean {
    const { content, draft = 0 } = this.draft.take();
    return this.desk.send(draft, content);
  }

  hold(name: string): void {
    const { awareness } = this.draft.state.page;
    awareness.setLocalState({ user: { id: name, name }, cursor: { anchor: 0, head: 0 } });
  }
}

const made: SharedDraft[] = [];
afterEach(() => {
  for (const draft of made.splice(0)) draft.destroy();
});

function two() {
  const [desk, clock] = [new FakeDesk(), new FakeClock()];
  return {
    desk,
    clock,
    alice: new Person(desk, clock).come(),
    bob: new Person(desk, clock).come(),
  };
}

it("is one page for all, for who comes later too", () => {
  const { desk, clock, alice, bob } = two();
  alice.say("Hello Carla");
  bob.say("it is there.");
  const late = new Person(desk, clock).come();
  for (const { draft, text } of [alice, bob, late]) {
    expect(text).toBe("Hello Carla\nit is there.");
    expect(draft.state).toMatchObject({ line: "synced", isBlank: false });
  }
});

it("goes on without a line, and merges when it is back", () => {
  const { alice, bob } = two();
  alice.say("Hello");
  alice.go();
  alice.say("offline");
  bob.say("meanwhile");
  expect(alice.draft.state).toMatchObject({ line: "away", isMerged: false });
  expect(bob.text).toBe("Hello\nmeanwhile");
  alice.come();
  expect(alice.text).toBe(bob.text);
  expect(alice.text.split("\n").sort()).toEqual(["Hello", "meanwhile", "offline"]);
  expect(alice.draft.state.line).toBe("synced");
});

it("takes away for all what was taken away without a line", () => {
  const { alice, bob } = two();
  alice.say("Hello");
  alice.say("Goodbye");
  alice.go();
  fragmentOf(alice.draft.state.page.doc).delete(1, 1);
  alice.come();
  expect(bob.text).toBe("Hello");
});

it("knows after a moment that the server has every word", () => {
  const { alice, clock } = two();
  alice.say("Hello");
  expect(alice.draft.state.isMerged).toBe(false);
  clock.elapse(1_500);
  expect(alice.draft.state.isMerged).toBe(true);
});

it("shows who writes, until their line breaks or ours does", () => {
  const { desk, clock, alice, bob } = two();
  const seen = (person: Person) => {
    clock.elapse(60);
    return person.draft.state.writers.map(({ name }) => name).sort();
  };
  alice.hold("Alice");
  bob.hold("Bob");
  clock.elapse(60);
  const late = new Person(desk, clock).come();
  late.hold("Charlie");
  expect(seen(late)).toEqual(["Alice", "Bob"]);
  expect(seen(alice)).toEqual(["Bob", "Charlie"]);
  alice.go();
  expect(seen(alice)).toEqual([]);
  expect(seen(bob)).toEqual(["Charlie"]);
  alice.come();
  expect(seen(bob)).toEqual(["Alice", "Charlie"]);
  expect(seen(alice)).toEqual(["Bob", "Charlie"]);
  bob.draft.destroy();
  expect(seen(alice)).toEqual(["Charlie"]);
});

it("tells a cursor's newest place, not each of its steps", () => {
  const { clock, alice, bob } = two();
  clock.elapse(60);
  bob.queue = [];
  for (let i = 0; i < 20; i++) alice.hold("Alice");
  clock.elapse(60);
  expect(bob.queue).toHaveLength(1);
});

it("is sent once, and both go on with an empty one", () => {
  const { alice, bob, desk } = two();
  alice.say("Hello Carla");
  const [a, b] = [alice.draft.take(), bob.draft.take()];
  expect([a, b]).toEqual([
    { content: "Hello Carla", draft: 1 },
    { content: "Hello Carla", draft: 1 },
  ]);
  expect([desk.send(1, a.content), desk.send(1, b.content)]).toEqual([true, false]);
  for (const { text, draft } of [alice, bob]) {
    expect(text).toBe("");
    expect(draft.state).toMatchObject({ line: "synced", unsaid: "", isBlank: true });
  }
  bob.say("And in blue.");
  expect(alice.text).toBe("And in blue.");
});

it("keeps what is written right after sending for the next one", () => {
  const { alice, bob, desk } = two();
  alice.say("one");
  const { content } = alice.draft.take();
  alice.say("two");
  expect(bob.text).toBe("one");
  desk.send(1, content);
  expect([alice.text, bob.text]).toEqual(["two", "two"]);
});

it("gives words back that the message did not have, to their author", () => {
  const { alice, bob, clock } = two();
  alice.say("The old lamp");
  clock.elapse(1_500);
  bob.queue = [];
  alice.say("and the new one");
  bob.send();
  expect(alice.text).toBe("");
  expect(alice.draft.state.unsaid).toBe("and the new one");
  expect(bob.draft.state.unsaid).toBe("");
  alice.draft.insertUnsaid();
  expect(alice.draft.state).toMatchObject({ unsaid: "", isBlank: false });
  expect(alice.text).toBe("and the new one");
});

it("does not bring a sent draft back to life, whoever was away", () => {
  const { alice, bob, desk } = two();
  alice.say("Hello");
  alice.go();
  alice.say("and goodbye");
  bob.send();
  bob.say("The next one.");
  alice.come();
  expect([alice.text, bob.text]).toEqual(["The next one.", "The next one."]);
  alice.draft.sent(2, "Hello");
  expect(alice.draft.state.unsaid).toBe("and goodbye");
  expect(desk.refused).toBe(0);
});

it("takes no frame of an older generation", () => {
  const { alice, bob } = two();
  bob.queue = [];
  alice.say("Hello");
  const [late = []] = [bob.queue];
  alice.send();
  bob.queue = null;
  for (const payload of late) bob.draft.receive(payload);
  bob.draft.receive(Uint8Array.of(1, 2, 3));
  expect(bob.text).toBe("");
});

it("comes back when the server did not take it, with what was written since", () => {
  const { alice, bob } = two();
  alice.say("Hello");
  alice.draft.take();
  alice.say("more");
  bob.say("Bob goes on");
  alice.draft.giveBack();
  expect(alice.text).toBe("Hello\nBob goes on\nmore");
  expect(bob.text).toBe(alice.text);
});

it("survives a reload", () => {
  const { alice, bob, desk, clock } = two();
  alice.say("Hello");
  alice.go();
  alice.say("offline");
  const kept = parseKeptPage(JSON.stringify(alice.draft.state.page.toKept()));
  const again = new Person(desk, clock, kept);
  expect(again.text).toBe("Hello\noffline");
  expect(again.draft.state.isMerged).toBe(false);
  again.come();
  expect(bob.text).toBe("Hello\noffline");
});

it("offers what a reload brought back when the draft was sent without it", () => {
  const { alice, bob, desk, clock } = two();
  alice.say("Hello");
  alice.go();
  alice.say("offline");
  const kept = alice.draft.state.page.toKept();
  bob.send();
  const again = new Person(desk, clock, kept, { 2: "Hello" }).come();
  expect(again.text).toBe("");
  expect(again.draft.state.unsaid).toBe("offline");
  const quiet = new Person(desk, clock, kept).come();
  expect(quiet.draft.state.unsaid).toBe("");
  clock.elapse(5_000);
  expect(quiet.draft.state.unsaid).toBe("Hello\noffline");
});

it.each([null, "", "{", "[]", '{"clients":[],"given":[],"update":"/w=="}'])(
  "keeps no page from %j",
  (text) => expect(parseKeptPage(text)).toBeNull(),
);

it("lives in one paragraph per line", () => {
  const { alice } = two();
  alice.say("one\ntwo");
  const kinds = fragmentOf(alice.draft.state.page.doc).toArray();
  expect(kinds.map((kind) => kind instanceof Y.XmlElement && kind.nodeName)).toEqual([
    "paragraph",
    "paragraph",
  ]);
});
