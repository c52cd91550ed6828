"""The words of attached files: found with the ticket, read in a sandbox, and never in the way."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from connectors.extract.reader import SandboxReader
from server.clock import new_id
from server.domain.commands import AddInteraction, Envelope, NewInteraction
from server.relay.files import MAX_FILE_BYTES, FileIndex
from server.relay.search import SearchIndex
from server.store import attachments, search
from server.store.attachments import Uploaded
from server.store.blobs import Blobs
from server.store.pool import Store
from tests.people import Desk, opening, settle
from tests.store.relaying import caught_up, written


def pdf(words: str) -> bytes:
    """A page with words on it (ISO 32000-1 §7.5)."""
    content = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % table
    return bytes(out)


def docx(words: str) -> bytes:
    """A word processor's document with one paragraph."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    run = f"<w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body>"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{space}">{run}</w:document>')
    return packed.getvalue()


class Shelf(msgspec.Struct):
    """A desk with files."""

    store: Store
    desk: Desk
    blobs: Blobs
    index: FileIndex

    async def ticket_with(self, *files: tuple[str, bytes], kind: str = "message") -> UUID:
        """A ticket in which an agent says something with these files; indexed."""
        opened = opening(self.desk, "Nothing of the kind")
        ids = tuple([await self.keep(name, data) for name, data in files])
        said = NewInteraction(new_id(), kind, "See there", attachment_ids=ids)  # type: ignore[arg-type]
        await written(self.store, Envelope(self.desk.vic, opened))
        await written(self.store, Envelope(self.desk.bob, AddInteraction(opened.ticket_id, said)))
        await caught_up(self.store, SearchIndex(self.store).handle)
        await caught_up(self.store, self.index.handle, "files", within=60)
        return opened.ticket_id

    async def keep(self, name: str, data: bytes) -> UUID:
        workspace_id, bob = self.desk.workspace_id, self.desk.bob
        blob = self.blobs.write(workspace_id, io.BytesIO(data), 2**30)
        file = Uploaded(
            new_id(), name, "application/octet-stream", blob.size_bytes, blob.key, "agent", bob.id
        )
        async with self.store.write(workspace_id) as db:
            await attachments.add_attachment(db, workspace_id, file)
        return file.id

    async def found(self, words: str, workspace_id: UUID | None = None, *, notes: bool = True) -> list[UUID]:
        async with self.store.read(workspace_id or self.desk.workspace_id) as db:
            return await search.find_tickets(db, words, None, with_notes=notes)

    async def errors(self) -> dict[str, str | None]:
        """What is noted of each file, by its name."""
        async with self.store.read(self.desk.workspace_id) as db:
            rows = await db.fetch(
                "SELECT a.filename, f.error FROM search_files f"
                " JOIN attachments a ON a.workspace_id = f.workspace_id AND a.id = f.attachment_id"
            )
        return {row["filename"]: row["error"] for row in rows}


@asynccontextmanager
async def shelf(store: Store, folder: Path, seconds: float = 60) -> AsyncIterator[Shelf]:
    reader, blobs = SandboxReader(seconds=seconds), Blobs(folder)
    try:
        yield Shelf(store, await settle(store), blobs, FileIndex(store, blobs, reader))
    finally:
        await reader.close()


async def test_a_ticket_is_found_by_a_word_in_an_attached_file(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        ticket = await here.ticket_with(
            ("letter.pdf", pdf("The walrus declined")),
            ("letter.docx", docx("An octopus agreed")),
            ("letter.html", b"<style>kangaroo</style><p>A pelican came</p>"),
            ("letter.txt", "Zürich and a wombat".encode()),
            ("letter.bin", b"giraffe"),
        )
        for words in ("walrus", "octopus", "pelican", "wombat", "zurich", '"walrus declined"'):
            assert await here.found(words) == [ticket], words
        for words in ("kangaroo", "giraffe"):
            assert await here.found(words) == [], words
        assert await here.found("walrus", here.desk.other_workspace_id) == []
        assert set((await here.errors()).values()) == {None}


async def test_what_was_said_counts_for_more_than_what_was_attached(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        attached = await here.ticket_with(("a.txt", b"invoice"))
        opened = opening(here.desk, "the invoice")
        await written(store, Envelope(here.desk.vic, opened))
        later = await here.ticket_with(("b.txt", b"invoice"))
        assert await here.found("invoice") == [opened.ticket_id, later, attached]


async def test_a_note_s_file_is_found_by_agents_alone(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        ticket = await here.ticket_with(("secret.txt", b"walrus"), kind="note")
        assert await here.found("walrus") == [ticket]
        assert await here.found("walrus", notes=False) == []


async def test_files_that_cannot_be_read_are_noted_and_block_nothing(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        ticket = await here.ticket_with(
            ("broken.pdf", b"%PDF-1.4 broken"),
            ("large.txt", b"x" * (MAX_FILE_BYTES + 1)),
            ("bomb.docx", bomb()),
            ("short.txt", b"a,b;" + b",".join(b"%x" % n for n in range(200_000))),
            ("fine.txt", b"walrus"),
        )
        assert await here.found("walrus") == [ticket]
        errors = await here.errors()
        assert errors.pop("broken.pdf")
        assert errors == {
            "large.txt": "too large", "bomb.docx": "ValueError", "short.txt": None, "fine.txt": None,
        }  # fmt: skip


def bomb() -> bytes:
    """A document of a few kB that unpacks to more than anybody reads."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<a>" + b" " * 30_000_000 + b"</a>")
    return packed.getvalue()


async def test_bytes_that_are_gone_are_noted(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        file = await here.keep("gone.txt", b"walrus")
        shutil.rmtree(tmp_path / str(here.desk.workspace_id))
        opened = opening(here.desk, "Hello")
        said = NewInteraction(new_id(), "message", "", attachment_ids=(file,))
        await written(store, Envelope(here.desk.vic, opened))
        await written(store, Envelope(here.desk.bob, AddInteraction(opened.ticket_id, said)))
        await caught_up(store, here.index.handle, "files")
        assert await here.errors() == {"gone.txt": "FileNotFoundError"}


async def test_the_words_are_built_again_from_nothing(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        ticket = await here.ticket_with(("a.pdf", pdf("walrus")), ("b.png", b"\x89PNG"))
        workspace_id = here.desk.workspace_id
        assert [page.files async for page in here.index.rebuild(workspace_id)] == [0]
        async with store.write(workspace_id) as db:
            await db.execute("DELETE FROM search_files")
        assert await here.found("walrus") == []
        assert [page.files async for page in here.index.rebuild(workspace_id)] == [1]
        assert await here.found("walrus") == [ticket]


async def test_telling_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    async with shelf(store, tmp_path) as here:
        ticket = await here.ticket_with(("a.txt", b"walrus"))
        await caught_up(store, here.index.handle, "again")
        assert await here.found("walrus") == [ticket]
        assert await here.errors() == {"a.txt": None}
