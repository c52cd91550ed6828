"""HTML that a stranger wrote to HTML that can be shown: no script, no style sheet, no fetch.

Inline images stay as `cid:` references, which the reader resolves to attachments. Remote images keep
their address in `data-remote-src` and load nothing until an agent asks.
"""

from __future__ import annotations

import re
from functools import lru_cache

import nh3

from connectors.mail.fold import mark_of


def _names(*lines: str) -> set[str]:
    return set(" ".join(lines).split())


_TAGS = _names(
    "a abbr address article b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn",
    "div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p",
    "pre q s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul",
    "var wbr",
)
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title", "valign"},
    "a": {"href"},
    "blockquote": {"type"},
    "col": {"span", "width"},
    "font": {"color", "face", "size"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start", "type"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "td": {"bgcolor", "colspan", "height", "rowspan", "width"},
    "th": {"bgcolor", "colspan", "height", "rowspan", "width"},
    "tr": {"bgcolor"},
}
_MARKED_ATTRIBUTES = {**_ATTRIBUTES, "*": _ATTRIBUTES["*"] | {"class", "id"}}
# Nothing that can fetch (url), cover the page (position) or hide from the reader what a filter saw.
_STYLES = _names(
    "background-color border border-bottom border-collapse border-left border-right border-top color",
    "font-family font-size font-style font-weight height line-height margin margin-bottom margin-left",
    "margin-right margin-top max-width padding padding-bottom padding-left padding-right padding-top",
    "text-align text-decoration vertical-align white-space width",
)
_DROPPED = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "textarea",
    "select",
}
_EMBEDDED = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]{1,200000}\Z", re.IGNORECASE)
_SHOWN = re.compile(r"(?i)cid:|https?://")
_FOLLOWED = re.compile(r"(?i)https?://|mailto:|tel:")
_FETCHING = ("url", "expression", "image", "\\", "@")
_JUDGED = frozenset({"style", "class", "id", "src", "href"})
_CACHED = 200
# The sanitiser writes attributes in one form only, so these match nothing but an image's own.
_IMAGE = re.compile(r'<img(?: [a-z-]+="[^"]*")*>')
_REMOTE = re.compile(r' src="(https?://[^"]*)"', re.IGNORECASE)


def sanitise(html: str, *, marks: bool = False) -> str:
    """HTML that was bounded and mended already (a mail's) made harmless; `marks` keeps those of `fold`."""
    clean = (_MARKING_CLEANER if marks else _CLEANER).clean(html)
    if "<img" not in clean:
        return clean
    return _IMAGE.sub(lambda image: _REMOTE.sub(r' data-remote-src="\1"', image[0]), clean)


def _attribute(tag: str, name: str, value: str) -> str | None:
    """The value when it may stay, else None."""
    if name not in _JUDGED:
        return value
    return _known(name, value) if len(value) < _CACHED else _judge(name, value)


def _judge(name: str, value: str) -> str | None:
    if name == "style":
        lowered = value.lower()
        return None if any(word in lowered for word in _FETCHING) else value
    if name in ("class", "id"):
        return mark_of(name, value)
    value = value.strip()
    if name == "src":
        return value if _SHOWN.match(value) or _EMBEDDED.match(value) else None
    return value if _FOLLOWED.match(value) else None


_known = lru_cache(4096)(_judge)  # a mail has the same few styles on each of its paragraphs


def _cleaner(attributes: dict[str, set[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=attributes,
        attribute_filter=_attribute,
        clean_content_tags=_DROPPED,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


_CLEANER, _MARKING_CLEANER = _cleaner(_ATTRIBUTES), _cleaner(_MARKED_ATTRIBUTES)
