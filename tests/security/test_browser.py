"""Rows W3, W5 and X3 in a real browser: whom the widget listens to, what it forgets, every page's policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx2
import jwt
import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import SECONDS, Console, Visitor
from tests.acceptance.test_story import deliver
from tests.security.hostile_site import HostileSite, hostile_site, with_widget
from tests.security.watched import watched

# One of each command that the frame knows, as a page would send it.
COMMANDS: tuple[dict[str, Any], ...] = (
    {"type": "boot", "identity": None, "locale": "de", "visible": True},
    {"type": "identify", "identity": "e30.e30.x"},
    {"type": "locale", "locale": "de"},
    {"type": "visible", "on": True},
    {"type": "prefill", "text": "sent by nobody"},
    {"type": "open", "room": None},
    {"type": "shutdown"},
)
TO_PAGE = (
    {
        "type": "state",
        "look": {"accent": "#ff0000", "ink": "#000000"},
        "unread": 9,
        "title": "x",
        "label": "x",
    },
    {"type": "hide"},
    {"type": "gone"},
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f00"
    "010501012718e3660000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def shop() -> Iterator[HostileSite]:
    """The customer's site, which carries the widget."""
    with hostile_site() as site:
        yield site


@pytest.fixture
def evil() -> Iterator[HostileSite]:
    """Somebody else's."""
    with hostile_site() as site:
        yield site


def chat_inbox(desk: Desk, *origins: str) -> tuple[str, str]:
    """A fresh chat inbox for these sites, and its secret."""
    admin = desk.sign_in()
    made = admin.post(
        "inboxes", json={"name": "Shop", "channel": "chat", "settings": {"allowed_origins": list(origins)}}
    )
    assert made.status_code == 201, made.text
    inbox = made.json()["id"]
    return inbox, admin.post(f"inboxes/{inbox}/token").json()["token"]


def post_all(messages: tuple[dict[str, Any], ...], to: str) -> str:
    """A script that posts messages to a window, again and again."""
    sealed = json.dumps([{**message, "parley": 1} for message in messages])
    return f"setInterval(() => {{ for (const m of {sealed}) {to}.postMessage(m, '*') }}, 50)"


def commanded(text: str) -> str:
    return json.dumps({"type": "prefill", "text": text, "parley": 1})


def test_the_frame_obeys_only_the_page_around_it(
    browser: Browser, desk: Desk, shop: HostileSite, evil: HostileSite
) -> None:
    """Row W3: another frame in the shop's page, and a page that claims to be the shop, command in vain."""
    inbox, _ = chat_inbox(desk)
    widget = f"{desk.url}/widget/?inbox={inbox}&origin={shop.origin}"
    boot = json.dumps({**COMMANDS[0], "locale": "en", "parley": 1})
    shop.pages["/"] = (
        f'<!doctype html><iframe src="{widget}" height=600></iframe>'
        f'<iframe src="{evil.origin}/advert"></iframe><script>addEventListener("message", (event) => {{'
        f'if (event.data.type === "loaded") frames[0].postMessage({boot}, "*") }})</script>'
    )
    evil.pages["/advert"] = f"<script>{post_all(COMMANDS, 'parent.frames[0]')}</script>"
    evil.pages["/liar"] = (
        f'<iframe src="{widget}" height=600></iframe><script>window.heard = 0; onmessage = () => heard++;'
        f"{post_all(COMMANDS, 'frames[0]')}</script>"
    )
    with watched(browser, evil) as watch:
        page = watch.context.new_page()
        page.goto(shop.origin)
        field = page.frame_locator("iframe >> nth=0").locator("textarea")
        expect(field).to_be_visible(timeout=SECONDS)
        page.wait_for_timeout(500)  # some ten rounds of every command
        expect(field).to_have_value("")
        expect(page.frame_locator("iframe >> nth=0").locator("html")).to_have_attribute("lang", "en")
        page.evaluate(f"frames[0].postMessage({commanded('asked by the shop')}, '*')")
        expect(field).to_have_value("asked by the shop")  # so it does listen

        page.goto(f"{evil.origin}/liar")
        expect(page.frame_locator("iframe").locator("#app")).to_be_attached(timeout=SECONDS)
        page.wait_for_timeout(500)
        expect(page.frame_locator("iframe").locator("#app")).to_be_empty()
        assert page.evaluate("heard") == 0
        assert watch.hits == []


def test_the_loader_listens_only_to_its_own_frame(
    browser: Browser, desk: Desk, shop: HostileSite, evil: HostileSite
) -> None:
    """Row W3, the other way: an advertisement in the shop's page cannot take the chat away or redraw it."""
    inbox, _ = chat_inbox(desk)
    shop.pages["/"] = (
        f'<!doctype html><body><script src="{desk.url}/widget.js" data-inbox="{inbox}"></script>'
        f'<iframe src="{evil.origin}/advert"></iframe>'
    )
    evil.pages["/advert"] = f"<script>{post_all(TO_PAGE, 'parent')}</script>"
    with watched(browser, evil) as watch:
        page = watch.context.new_page()
        page.goto(shop.origin)
        page.get_by_role("button", name="Open chat").click()
        expect(page.frame_locator(f"iframe[src^='{desk.url}']").locator("textarea")).to_be_visible(
            timeout=SECONDS
        )
        page.wait_for_timeout(500)
        expect(page.get_by_role("button", name="Close chat")).to_have_text("")


def test_a_site_that_is_not_allowed_cannot_frame_the_widget(
    browser: Browser, desk: Desk, shop: HostileSite, evil: HostileSite
) -> None:
    """Rows W1 and X3: `frame-ancestors` names the inbox's sites; nobody frames anything else of ours."""
    inbox, _ = chat_inbox(desk, shop.origin)
    frames = [f"/widget/?inbox={inbox}&origin={evil.origin}", "/", "/help/", "/docs", "/demo/"]
    html = "".join(f'<iframe src="{desk.url}{path}"></iframe>' for path in frames)
    shop.pages["/"] = evil.pages["/"] = html
    with watched(browser, evil) as watch:
        page = watch.context.new_page()
        for site, is_allowed in ((shop, True), (evil, False)):
            page.goto(site.origin)
            page.wait_for_load_state("networkidle")
            shown = [frame for frame in page.frames[1:] if frame.url.startswith(desk.url)]
            assert [frame.url for frame in shown] == ([desk.url + frames[0]] if is_allowed else [])


# Everything that an origin keeps in a browser, as one text.
KEPT = """async () => {
  const kept = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}), document.cookie];
  const ask = (request) => new Promise((done) => { request.onsuccess = () => done(request.result) });
  for (const {name} of await indexedDB.databases()) {
    const db = await ask(indexedDB.open(name));
    for (const store of db.objectStoreNames)
      kept.push(JSON.stringify(await ask(db.transaction(store).objectStore(store).getAll())));
    db.close();
  }
  return kept.join(" ");
}"""


class Shopper:
    """Somebody in a browser that several people share, on the shop's page."""

    def __init__(self, page: Page, desk: Desk, shop: HostileSite, inbox: str, identity: str | None) -> None:
        shop.pages["/"] = with_widget(desk, inbox, identity)
        self.page = page
        page.goto(shop.origin)
        self.chat: FrameLocator = page.frame_locator("iframe")
        expect(self.chat.locator("textarea")).to_be_visible(timeout=SECONDS)

    def write(self, text: str) -> None:
        self.chat.locator("textarea").fill(text)
        self.chat.locator("textarea").press("Enter")
        expect(self.chat.get_by_role("log").get_by_text(text)).to_be_visible(timeout=SECONDS)
        expect(self.chat.locator(".balloon.sent, .balloon.read").last).to_be_visible(timeout=SECONDS)

    @property
    def frame(self) -> Frame:
        (found,) = (frame for frame in self.page.frames if "/widget/" in frame.url)
        return found


@pytest.mark.parametrize("signs_out", [True, False], ids=["signed out", "just gone"])
def test_the_next_person_at_a_shared_browser_sees_nothing(
    browser: Browser, desk: Desk, shop: HostileSite, signs_out: bool
) -> None:
    """Row W5, also when the shop forgot to say that Carla has gone."""
    inbox, secret = chat_inbox(desk)
    claims = {"sub": inbox, "name": "Carla", "exp": datetime.now(UTC) + timedelta(hours=1)}
    with watched(browser, shop) as watch:
        page = watch.context.new_page()
        carla = Shopper(page, desk, shop, inbox, jwt.encode(claims, secret, algorithm="HS256"))
        carla.write("My order 4711 has not come")
        carla.chat.locator("textarea").fill("and my card number is 4712")
        page.wait_for_timeout(600)  # until the draft is kept
        token = json.loads(
            carla.frame.evaluate("Object.values(localStorage).find((v) => v.includes('token'))")
        )["token"]
        if signs_out:
            page.evaluate("Parley('shutdown')")
            expect(page.locator("#parley-widget")).to_have_count(0)
            assert is_refused(desk, inbox, token)

        nobody = Shopper(page, desk, shop, inbox, None)
        page.wait_for_timeout(600)
        expect(nobody.chat.locator("textarea")).to_have_value("")
        seen = nobody.frame.evaluate("document.documentElement.outerHTML") + nobody.frame.evaluate(KEPT)
        assert not any(word in seen for word in ("4711", "4712", "Carla", token))
        assert watch.stopped == []


def is_refused(desk: Desk, inbox: str, token: str) -> bool:
    """Whether a visitor's token opens nothing any more."""
    bearer = {"Authorization": f"Bearer {token}"}
    file = {"file": ("a.txt", b"a")}
    upload = httpx2.post(f"{desk.url}/api/v1/widget/attachments", files=file, headers=bearer, timeout=60)
    again = httpx2.post(
        f"{desk.url}/api/v1/widget/sessions", json={"inbox_id": inbox, "token": token}, timeout=60
    )
    return upload.status_code == 401 and again.json()["rooms"] == []


def policy(header: str) -> dict[str, list[str]]:
    """A Content-Security-Policy by directive."""
    words = (part.split() for part in header.split(";") if part.strip())
    return {name: sources for name, *sources in words}


def check_headers(path: str, headers: httpx2.Headers) -> None:
    """What every answer of ours must say to a browser."""
    rules = policy(headers["content-security-policy"])
    assert rules["default-src"] == ["'none'"], path
    scripts = (
        rules.get("script-src", []) + rules.get("script-src-elem", []) + rules.get("script-src-attr", [])
    )
    assert set(scripts) <= {"'self'"}, path
    assert rules.get("object-src", ["'none'"]) == ["'none'"], path
    assert "'unsafe-inline'" not in rules.get("style-src", []), path
    assert headers["x-content-type-options"] == "nosniff", path
    assert headers["referrer-policy"] == "no-referrer", path
    if not path.startswith("/widget"):
        assert rules["frame-ancestors"] == ["'none'"], path
        assert headers["x-frame-options"] == "DENY", path
    assert "server" not in headers or "uvicorn" not in headers["server"], path


def test_every_answer_has_its_policy(desk: Desk) -> None:
    """Row X3: pages, files, errors and answers of the API, by GET and by what they do not take."""
    admin = desk.sign_in()
    sent = admin.post(
        "attachments", files={"file": ("x.svg", b"<svg onload=alert(1)>", "image/svg+xml")}
    ).json()
    inbox, _ = chat_inbox(desk, "https://shop.example")
    paths = [
        "/", "/tickets/x", "/nope.php", "/a%2e%2e/b", "/console/assets/none.js", "/widget.js", "/widget/",
        f"/widget/?inbox={inbox}", "/widget/assets/none.js", "/demo/", "/demo/config.json", "/help", "/help/",
        "/help/nobody/", "/help/nobody/nothing", "/docs", "/docs/style.css", "/livez", "/readyz", "/metrics",
        "/csp-reports", "/api/v1/openapi.json", "/api/v1/tickets", "/api/v1/none", "/api/v1/docs",
        sent["url"], sent["url"].split("?")[0], "/console/../../etc/passwd", "/widget/%2e%2e/x.py", "/ws",
    ]  # fmt: skip
    with httpx2.Client(base_url=desk.url, timeout=60) as nobody:
        for path in paths:
            for method in ("GET", "POST", "OPTIONS"):
                answer = nobody.request(method, path)
                assert answer.status_code < 500, (method, path)
                check_headers(path, answer.headers)
        file = nobody.get(sent["url"])
        frame = nobody.get(f"/widget/?inbox={inbox}")
    assert "sandbox" in policy(file.headers["content-security-policy"])
    assert file.headers["content-disposition"].startswith("attachment;")
    assert file.headers["content-type"] == "application/octet-stream"
    assert policy(frame.headers["content-security-policy"])["frame-ancestors"] == [
        "'self'",
        "https://shop.example",
    ]


@pytest.mark.timeout(900)
def test_our_own_pages_break_no_policy_in_normal_use(browser: Browser, desk: Desk, evil: HostileSite) -> None:
    """Row X3: a day at the desk, and the browser reports nothing; mail is shown where nothing can run."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Carla <carla@customer.test>", "support@localhost"
    mail["Subject"], mail["Message-ID"] = "A table and a picture", "<picture@customer.test>"
    mail.set_content("See below.")
    mail.add_alternative(
        "<p style='color:red'>See <b>it</b></p><table><tr><td width=10>1</td></tr></table><img src='cid:p'>",
        subtype="html",
    )
    mail.add_attachment(PIXEL, "image", "png", filename="p.png", cid="<p>", disposition="inline")
    deliver(desk, mail)
    with watched(browser, evil) as watch:
        console = Console(watch.context, desk)
        visitor = Visitor(watch.context, desk)
        visitor.open_chat()
        visitor.write("Is it open today?")
        console.page.bring_to_front()
        console.sees("A table and a picture")
        console.open("A table and a picture")
        frame = console.page.locator("iframe.html-frame").first
        expect(frame).to_be_visible(timeout=SECONDS)
        allowed = set((frame.get_attribute("sandbox") or "").split())
        assert allowed <= {"allow-same-origin", "allow-popups", "allow-popups-to-escape-sandbox"}
        console.reply("Thank you.")
        console.page.goto(f"{desk.url}/")
        console.open("Is it open today?")
        console.reply("Until six.")
        visitor.sees("Until six.")
        for path in (
            "/customers",
            "/articles/new",
            "/reports",
            "/settings/profile",
            "/settings/inboxes",
            "/docs",
            "/help/",
        ):
            console.page.goto(desk.url + path)
            console.page.wait_for_load_state("networkidle")
        assert watch.stopped == []
        watch.look(console.page)
        assert watch.verdict() == {}
