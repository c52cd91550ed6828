"""Law: those who write a draft see the same in the end, and no word of it is sent twice or reborn.

Some agents at some processes write, send, break and come back; frames and notes are late, lost or in another
order; processes die. Postgres is a generation and some rows. A word is in the message of the generation in
which it was written, or in the draft if that is still this one, and nowhere else.
"""

from __future__ import annotations

import random
from collections import deque
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text

from server.domain.errors import Refusal
from server.domain.identity import Agent
from server.domain.rights import Scope
from server.realtime.drafts.draft import Draft
from server.realtime.drafts.frame import Answer, Ask, Edit, Message, encode_draft, parse_message, ticket_of
from server.realtime.drafts.page import Page
from server.realtime.frames import Draft as DraftNow
from server.realtime.notes import DraftChanged
from tests.laws.budget import examples

HERE, INBOX, TICKET = (UUID(int=number) for number in (1, 2, 3))
SCOPE = Scope(HERE, INBOX)
PROCESSES, CLIENTS = 2, 3
ACTS = ["write", "write", "cut", "lines", "lines", "lines", "line", "line", "note", "lose", "swap", "save",
        "poll", "send", "send", "break", "come", "die"]  # fmt: skip


class Postgres:
    """What the writer and the shelf do to a ticket's row and those of its draft."""

    def __init__(self) -> None:
        self.generation = 1
        self.rows: dict[UUID, bytes] = {}
        self.messages: list[str] = []

    def send(self, generation: int, text: str) -> bool:
        if generation != self.generation:
            return False
        self.generation, self.rows = generation + 1, {}
        self.messages.append(text)
        return True


class Process:
    """A page with its host; `notes` is what other processes say, on its way here."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.notes: deque[tuple[UUID, DraftChanged]] = deque()
        self.begin()

    def begin(self) -> None:
        self.id = UUID(int=self.world.random.getrandbits(128))
        self.page = Page(self, HERE, TICKET, SCOPE)
        self.notes.clear()

    def announce(self, page: Page, note: DraftChanged) -> None:
        for other in self.world.processes:
            if other is not self:
                other.notes.append((self.id, note))

    def written(self, page: Page) -> None:
        pass

    @property
    def draft(self) -> Draft:
        if self.page.draft is None:
            self.poll()
        assert self.page.draft is not None
        return self.page.draft

    def poll(self) -> None:
        db = self.world.db
        self.page.read(
            db.generation, {row: data for row, data in db.rows.items() if row not in self.page.known}
        )

    def save(self) -> None:
        draft, db = self.draft, self.world.db
        if draft.unsaved and draft.generation == db.generation:
            for update in draft.unsaved:
                row = UUID(int=self.world.random.getrandbits(128))
                db.rows[row] = update
                self.page.known.add(row)
        draft.unsaved = []
        packed = draft.packed()
        if packed and len(self.page.known) > 4 and draft.generation == db.generation:
            row = UUID(int=self.world.random.getrandbits(128))
            db.rows = {old: data for old, data in db.rows.items() if old not in self.page.known} | {
                row: packed
            }
            self.page.known = {row}

    def hear(self) -> None:
        if not self.notes:
            return
        process, note = self.notes.popleft()
        self.page.raised(note.generation)
        if self.draft.generation == note.generation:
            self.page.carry(self.draft.hear(process, parse_message(note.payload, 0, trusted=True)))


class Client:
    """An agent's window: a page of one generation, and two lines, in order, that may break."""

    def __init__(self, world: World, number: int) -> None:
        self.world = world
        self.actor: Any = Agent(HERE, UUID(int=10 + number), "Bob", "agent", frozenset({INBOX}))
        self.process: Process | None = None
        self.up: deque[bytes] = deque()
        self.down: deque[bytes | DraftNow] = deque()
        self.generation = 0
        self.refused: list[str] = []

    def turn(self, generation: int) -> None:
        """Another draft: what was not sent of the last is the author's own, and goes nowhere by itself."""
        if generation > self.generation:
            self.generation = generation
            self.doc: Doc[Any] = Doc(client_id=self.world.random.getrandbits(31))
            self.text = self.doc.get("reply", type=Text)

    # as the server sees it

    def send(self, data: bytes) -> None:
        self.down.append(data)

    def overflow(self) -> None:
        raise AssertionError

    def tell(self, frame: Any) -> None:
        self.down.append(frame)

    def refuse(self, refusal: Refusal, *, room: str | None = None) -> None:
        self.refused.append(refusal.code)

    # as the person does

    def come(self, process: Process) -> None:
        self.go()
        self.process = process
        self.turn(process.draft.generation)
        self.say(Ask(self.doc.get_state()))

    def go(self) -> None:
        if self.process is not None:
            self.process.page.left(self)
        self.process = None
        self.up.clear()
        self.down.clear()

    def say(self, message: Message) -> None:
        if self.process is not None:
            self.up.append(encode_draft(TICKET, self.generation, message))

    def write(self, at: int, text: str = "", cut: int = 0) -> None:
        updates: list[bytes] = []
        subscription = self.doc.observe(lambda event: updates.append(event.update))
        with self.doc.transaction():
            if cut:
                del self.text[at : at + cut]
            if text:
                self.text.insert(at, text)
        self.doc.unobserve(subscription)
        for update in updates:
            self.say(Edit(update))

    def speak(self) -> None:
        """The next frame reaches the server."""
        if not self.up or self.process is None:
            return
        payload = self.up.popleft()
        _, generation = ticket_of(payload)
        if generation > self.process.draft.generation:
            self.process.poll()
        try:
            self.process.page.receive(self, generation, parse_message(payload))
        except Refusal as refusal:
            self.refuse(refusal)

    def move(self, frames: int) -> None:
        """Some frames arrive, both ways."""
        for _ in range(frames):
            self.speak()
            self.hear()

    def hear(self) -> None:
        """The next frame reaches the client."""
        if not self.down:
            return
        frame = self.down.popleft()
        if isinstance(frame, DraftNow):
            self.turn(frame.generation)
            return
        payload = payload_of(frame)
        if ticket_of(payload) != (TICKET, self.generation):
            return
        match parse_message(payload, trusted=True):
            case Ask(state=state):
                self.say(Answer(self.doc.get_update(state)))
            case Answer(update=update) | Edit(update=update):
                self.doc.apply_update(update)
            case _:
                pass


class World:
    """All of it, moved by one act after the other."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.db = Postgres()
        self.processes: list[Process] = []
        for _ in range(PROCESSES):
            self.processes.append(Process(self))
        self.clients = [Client(self, number) for number in range(CLIENTS)]
        for number, client in enumerate(self.clients):
            client.come(self.processes[number % PROCESSES])
        self.words: dict[str, int] = {}  # and in which generation they were written

    def act(self, act: str, who: int, where: int) -> None:
        client, process = self.clients[who % CLIENTS], self.processes[where % PROCESSES]
        size = len(str(client.text))
        match act:
            case "write":
                word = f"<{len(self.words)}>"
                self.words[word] = client.generation
                client.write(size if where % 2 else 0, word)
            case "cut" if size:
                at = where % size
                client.write(at, cut=min(3, size - at))
            case "lines":
                for each in self.clients:
                    each.move(1 + where % 8)
            case "line":
                client.move(1 + where % 4)
            case "note":
                process.hear()
            case "lose" if process.notes:
                process.notes.popleft()
            case "swap":
                process.notes.rotate(1)
            case "save":
                process.save()
            case "poll":
                process.poll()
                self.told(process)
            case "send":
                self.send(client)
            case "break":
                client.go()
            case "come":
                client.come(process)
            case "die":
                for other in self.clients:
                    if other.process is process:
                        other.go()
                process.begin()
            case _:
                pass

    def send(self, client: Client) -> None:
        """The writer's process hears of it at once, and tells its members."""
        process = client.process
        if process is None or not str(client.text):
            return
        if self.db.send(client.generation, str(client.text)):
            process.page.raised(self.db.generation)
            self.told(process)

    def told(self, process: Process) -> None:
        for client in self.clients:
            if client.process is process:
                client.tell(DraftNow("room", process.draft.generation))

    def settle(self) -> None:
        """Everybody is back, everything arrives, everything is kept."""
        for _ in range(2):
            for number, client in enumerate(self.clients):
                client.come(self.processes[number % PROCESSES])
            for _ in range(6):
                for process in self.processes:
                    process.notes.clear()  # the log alone must do
                    process.save()
                    process.poll()
                    self.told(process)
                for client in self.clients:
                    while client.up or client.down:
                        client.move(1)


def payload_of(frame: bytes) -> bytes:
    """What an unmasked binary frame carries."""
    size = frame[1]
    return frame[2:] if size < 126 else frame[4:] if size == 126 else frame[10:]


def text_of(draft: Draft) -> str:
    """What is written in it."""
    packed, doc = draft.packed(), Doc()
    assert packed is not None
    doc.apply_update(packed)
    return str(doc.get("reply", type=Text))


def words_of(text: str) -> set[str]:
    """The words that are whole."""
    return {f"<{word.rstrip('>')}>" for word in text.split("<") if word.endswith(">") and word[:-1].isdigit()}


@examples(200)
@given(
    st.integers(0, 2**16),
    st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 40)), max_size=80),
)
def test_a_draft_converges_and_nothing_of_it_is_sent_twice_or_reborn(
    seed: int, acts: list[tuple[str, int, int]]
) -> None:
    world = World(seed)
    for act, who, where in acts:
        world.act(act, who, where)
    world.settle()
    texts = {str(client.text) for client in world.clients}
    assert len(texts) == 1
    kept = Draft(world.db.generation)
    assert kept.merge(world.db.rows)[1] == set()
    for draft in [kept, *(process.draft for process in world.processes)]:
        assert draft.generation == world.db.generation
        assert {text_of(draft)} == texts
    for generation, text in enumerate([*world.db.messages, *texts], 1):
        assert {world.words[word] for word in words_of(text)} <= {generation}, "a word is back"
    assert all(set(client.refused) <= {"draft_sent", "invalid"} for client in world.clients)
