"""Names of folders as IMAP writes them: modified UTF-7 (RFC 3501 §5.1.3). Pure."""

from __future__ import annotations

import re
from base64 import b64encode

_SPECIAL = re.compile(r"&|[^\x20-\x7e]+")


def encode(name: str) -> str:
    """`Entwürfe` becomes `Entw&APw-rfe`."""
    return _SPECIAL.sub(lambda found: _shifted(found[0]), name)


def _shifted(text: str) -> str:
    if text == "&":
        return "&-"
    packed = b64encode(text.encode("utf-16-be", "surrogatepass")).decode()
    return f"&{packed.rstrip('=').replace('/', ',')}-"
