"""A posted form as fields and files. multipart/form-data is MIME, so the mail parser cuts it."""

from __future__ import annotations

from urllib.parse import parse_qsl

import msgspec

from connectors.mail.charset import decode
from connectors.mail.filename import clean_name
from connectors.mail.headers import parameters
from connectors.mail.mime import Tree
from server.domain.errors import Invalid

_MAX_FIELDS = 1000


class FormFile(msgspec.Struct, frozen=True):
    """A file of a form; `field` is the name of its field."""

    field: str
    name: str
    type: str
    data: bytes


class Form(msgspec.Struct, frozen=True):
    """Fields by name (the first of each), their bytes as they came; files in order."""

    fields: dict[str, bytes]
    files: tuple[FormFile, ...] = ()

    def text(self, name: str, charset: str | None = None) -> str:
        """A field as text."""
        return decode(self.fields.get(name, b""), charset)[0]


def read_form(content_type: str, body: bytes) -> Form:
    """The form in a request's body; raises Invalid when it is none."""
    kind, given = parameters(content_type)
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        except ValueError as error:
            raise Invalid("The form cannot be read") from error
        return Form({name: value.encode("utf-8", "replace") for name, value in reversed(pairs)})
    if kind != "multipart/form-data" or not given.get("boundary"):
        raise Invalid("Neither a mail nor a form that carries one")
    head = f"Content-Type: {content_type}\r\n\r\n".encode("utf-8", "replace")
    fields: dict[str, bytes] = {}
    files: list[FormFile] = []
    for part in Tree(head + body).root.parts:
        _, about = parameters(part.headers.text("content-disposition"))
        name = about.get("name", "")
        if about.get("filename"):
            files.append(FormFile(name, clean_name(about["filename"]), part.type, bytes(part.body)))
        else:
            fields.setdefault(name, bytes(part.body))
    return Form(fields, tuple(files))
