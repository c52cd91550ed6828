"""A browser that notices what must not happen: a script that runs, a beacon, a node that could do either.

Nothing is stopped here; the pages must stop it themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Dialog, Frame, Page

from tests.security.hostile_site import HostileSite

_SCRIPT = """
addEventListener("securitypolicyviolation", (event) => {
  stopped(`${event.effectiveDirective} ${event.blockedURI} on ${location.pathname}`);
});
"""
# Walks the page, its shadow roots and the frames that it can read; returns what could run, fetch or mislead.
_DANGEROUS = """(site) => {
  const found = [];
  const url = /^(href|src|action|formaction|data|xlink:href|poster|background|srcset|ping|to|values)$/;
  const fetches = /^(src|srcset|poster|background|data|style|action|formaction|ping|xlink:href)$/;
  const scheme = /^(javascript|vbscript|feed|data:(?!image\\/(png|gif|jpe?g|webp|svg\\+xml)))/i;
  const never = /^(object|embed|base|applet|frame|frameset|portal|foreignobject|animate|set|feimage)$/;
  const ours = (address) => !address || new URL(address, location.href).origin === location.origin;
  const blame = (node, why) => found.push(`${why}: ${node.outerHTML.slice(0, 200)}`);
  const look = (node) => {
    const name = node.localName.toLowerCase();
    if (never.test(name)) blame(node, "node");
    if (name === "script" && (node.text || !ours(node.getAttribute("src")))) blame(node, "script");
    if (name === "link" && !ours(node.getAttribute("href"))) blame(node, "link");
    if (name === "style" && node.textContent.includes(site)) blame(node, "style");
    if (name === "form" && !ours(node.getAttribute("action"))) blame(node, "form");
    if (name === "meta" && /refresh/i.test(node.httpEquiv)) blame(node, "meta");
    const calm = node.sandbox?.length ? !node.sandbox.contains("allow-scripts") : ours(node.src);
    if (name === "iframe" && !calm) blame(node, "frame");
    for (const { name: key, value } of node.attributes) {
      const plain = value.replace(/[\\u0000-\\u0020]/g, "");
      if (/^on/i.test(key)) blame(node, "handler");
      if (url.test(key) && scheme.test(plain)) blame(node, "address");
      if (fetches.test(key) && plain.includes(site)) blame(node, "beacon");
    }
    if (node.shadowRoot) walk(node.shadowRoot);
    if (name === "iframe" && node.contentDocument) walk(node.contentDocument);
  };
  const walk = (root) => root.querySelectorAll("*").forEach(look);
  walk(document);
  return found;
}"""
_TEXT = """() => {
  const said = [];
  const walk = (root) => {
    const body = root.body ?? root;
    said.push(body.textContent);
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) walk(node.shadowRoot);
      if (node.localName === "iframe" && node.contentDocument?.body) walk(node.contentDocument);
      if (node.value && /^(input|textarea)$/.test(node.localName)) said.push(node.value);
    }
  };
  walk(document);
  return said.join(" ");
}"""
_NUMBER = re.compile(r"(?:hit\(|/beacon/)(\d+)")


def numbers_in(text: str) -> set[int]:
    """The numbers of the payloads that can be told from a text."""
    return {int(number) for number in _NUMBER.findall(text)}


class Watch:
    """What a browser context was seen to do."""

    def __init__(self, context: BrowserContext, site: HostileSite) -> None:
        self.context = context
        self.hits: list[int] = []
        self.dialogs: list[str] = []
        self.stopped: list[str] = []  # by a content policy
        self.dangerous: list[str] = []
        self.shown: set[int] = set()  # payloads that were seen as text
        self.site = site
        context.expose_function("hit", self._hit)
        context.expose_function("stopped", self._stopped)
        context.add_init_script(_SCRIPT)
        context.on("dialog", self._dialog)

    def _hit(self, number: int) -> None:
        self.hits.append(number)

    def _stopped(self, what: str) -> None:
        self.stopped.append(what)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def look(self, page: Page) -> None:
        """Take down what the page's frames show and what they could do."""
        for frame in page.frames:
            if frame.url.startswith("http"):  # a page walks through the frames that it wrote itself
                self.look_into(frame)

    def look_into(self, frame: Frame) -> None:
        """The same for one frame."""
        self.dangerous += frame.evaluate(_DANGEROUS, self.site.origin.partition("//")[2])
        self.shown |= numbers_in(str(frame.evaluate(_TEXT)))

    def verdict(self, stopped_rightly: str | None = None) -> dict[str, Any]:
        """Everything that must be empty; what names `stopped_rightly` may stand there, but not be fetched."""

        def is_wrong(what: str) -> bool:
            return stopped_rightly is None or stopped_rightly not in what

        seen = {
            "hits": self.hits,
            "dialogs": self.dialogs,
            "stopped only by a policy": list(filter(is_wrong, self.stopped)),
            "dangerous": list(filter(is_wrong, self.dangerous)),
            "beacons": [path for path in self.site.beacons if path.startswith("/beacon")],
        }
        return {name: found for name, found in seen.items() if found}


@contextmanager
def watched(browser: Browser, site: HostileSite) -> Iterator[Watch]:
    """A fresh context of a browser, watched; not signed in anywhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 4000})
    context.set_default_timeout(120_000)
    try:
        yield Watch(context, site)
    finally:
        context.close()
