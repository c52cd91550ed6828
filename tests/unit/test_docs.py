"""What the documents say of settings, words and files is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from server.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def documented() -> dict[str, str]:
    """Each setting of the table in docs/operations.md and its default."""
    found: dict[str, str] = {}
    section = (ROOT / "docs" / "operations.md").read_text().partition("## Settings")[2]
    for names, default in re.findall(r"^\| (`.+?`) \| (.*?) ?\| .*\|$", section, re.MULTILINE):
        listed = re.findall(r"`(.+?)`", names)
        defaults = [part.strip(" `,") for part in default.split(", ")] if len(listed) > 1 else [default]
        found |= dict(zip(listed, [*defaults, *[""] * len(listed)], strict=False))
    return found


def default_of(name: str, field: Any) -> str:
    value = field.default
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def test_every_setting_is_in_the_table_with_its_default_and_no_other_is() -> None:
    real = {
        str(field.validation_alias or f"PARLEY_{name.upper()}"): default_of(name, field)
        for name, field in Settings.model_fields.items()
    }
    table = documented()
    assert sorted(table) == sorted(real)
    assert {name: value.strip("`") for name, value in table.items()} == {
        name: value.strip("`") for name, value in real.items()
    }


def test_every_setting_is_read_somewhere() -> None:
    sources = [
        path.read_text()
        for folder in ("server", "connectors")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "settings.py"
    ]
    code = "\n".join(sources) + (ROOT / "server" / "settings.py").read_text().partition("def url")[2]
    unread = [name for name in Settings.model_fields if not re.search(rf"\.{name}\b", code)]
    assert unread == []


def test_what_a_document_points_to_is_there() -> None:
    for document in DOCS:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} points to {target}"


def test_no_module_is_longer_than_one_can_read() -> None:
    for folder in ("server", "connectors"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text().splitlines()) <= 400, path
