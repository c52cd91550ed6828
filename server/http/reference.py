"""The API's reference as a page that works offline and without script, from the OpenAPI document."""

import json
from html import escape
from typing import Any

from server.http.problem import STATUS

JSON = dict[str, Any]
STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 18%, Canvas); }
body { font: 15px/1.55 system-ui, sans-serif; margin: 0; display: grid;
  grid-template-columns: minmax(13rem, 18rem) minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem;
  border-right: 1px solid var(--line); box-sizing: border-box; }
nav h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .06em; margin: 1.2rem 0 .3rem; }
nav a { display: block; color: inherit; text-decoration: none; padding: .1rem 0; }
nav a:hover, nav a:focus-visible { text-decoration: underline; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 60rem; }
section { border-top: 1px solid var(--line); padding: .6rem 0 1.4rem; }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { overflow: auto; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-bottom: 1px solid var(--line); }
.method { display: inline-block; min-width: 3.6rem; font-weight: 600; }
@media (max-width: 48rem) { body { display: block; } nav { position: static; height: auto; } }
"""


def page(document: JSON) -> str:
    """The whole page."""
    by_section: dict[str, list[tuple[str, str, JSON]]] = {}
    for path, methods in document["paths"].items():
        for method, it in methods.items():
            by_section.setdefault(it["tags"][0], []).append((method.upper(), path, it))
    schemas = document["components"]["schemas"]
    nav, parts = [], []
    for section, found in sorted(by_section.items()):
        nav.append(f"<h2>{escape(section)}</h2>")
        parts.append(f"<h2>{escape(section)}</h2>")
        for method, path, it in found:
            nav.append(f'<a href="#{it["operationId"]}">{escape(it["summary"])}</a>')
            parts.append(_operation(method, path, it))
    nav.append('<h2>Shapes</h2><a href="#problems">Problems</a>')
    nav += [f'<a href="#schema-{name}">{escape(name)}</a>' for name in sorted(schemas)]
    parts.append(_problems())
    parts.append("<h2>Shapes</h2>")
    parts += [_schema(name, schemas[name]) for name in sorted(schemas)]
    info = document["info"]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title>"
        '<link rel="stylesheet" href="/docs/style.css"></head>'
        f"<body><nav>{''.join(nav)}</nav><main><h1>{escape(info['title'])} API</h1>"
        f"<p>{_inline(info['description'])}</p>"
        "<p>All addresses begin with <code>/api/v1</code>. The same as a document for machines: "
        f'<a href="/api/v1/openapi.json">openapi.json</a>.</p>{"".join(parts)}</main></body></html>'
    )


def _operation(method: str, path: str, it: JSON) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{p['in']}</td>"
        f"<td>{_kind(p['schema'])}{' (required)' if p['required'] else ''}</td>"
        f"<td>{_inline(p.get('description', ''))}</td></tr>"
        for p in it.get("parameters", [])
    )
    parameters = f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""
    body = "".join(
        f"<p>Body <code>{escape(kind)}</code>: {_kind(content['schema'])}</p>"
        for kind, content in it.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td><code>{status}</code></td><td>{_answer(answer)}</td></tr>"
        for status, answer in it["responses"].items()
    )
    return (
        f'<section id="{it["operationId"]}"><h3>{escape(it["summary"])}</h3>'
        f'<p><code><span class="method">{method}</span>{escape(path)}</code></p>'
        f"<p>{_inline(it.get('description', ''))}</p>{parameters}{body}"
        f"<h4>Answers</h4><table>{answers}</table></section>"
    )


def _answer(answer: JSON) -> str:
    kinds = "; ".join(_kind(content.get("schema", {})) for content in answer.get("content", {}).values())
    return f"{_inline(answer['description'])}{': ' if kinds else ''}{kinds}"


def _kind(schema: JSON) -> str:
    """What a value is, in a few words, with a link to its shape."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " or ".join(_kind(part) for part in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_kind(schema['additionalProperties'])}"
    said = [str(schema.get("format") or schema.get("type") or "anything")]
    said += [
        f"{words} {schema[name]}"
        for name, words in (
            ("minLength", "from"), ("maxLength", "to"), ("minimum", "≥"), ("maximum", "≤"),
        )
        if name in schema
    ]  # fmt: skip
    return escape(" ".join(said))


def _schema(name: str, schema: JSON) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code></td><td>{_kind(kind)}"
        f"{'' if field in required else ' (optional)'}</td></tr>"
        for field, kind in schema.get("properties", {}).items()
    )
    shape = f"<table>{rows}</table>" if rows else f"<pre>{escape(json.dumps(schema, indent=1))}</pre>"
    description = _inline(schema.get("description", ""))
    return f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3><p>{description}</p>{shape}</section>'


def _problems() -> str:
    rows = "".join(
        f'<tr id="problem-{code}"><td><code>{code}</code></td><td>{status}</td></tr>'
        for code, status in sorted({**STATUS, "internal": 500}.items())
    )
    return (
        '<section id="problems"><h2>Problems</h2><p>Every answer that says no is '
        "<code>application/problem+json</code> (RFC 9457) with one of these codes.</p>"
        f"<table>{rows}</table></section>"
    )


def _inline(text: str) -> str:
    """Escaped text with `code` as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))
