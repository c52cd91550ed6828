"""Security headers of every answer, by surface: what a page may load, and who may frame it. Pure.

A Content-Security-Policy names everything that is allowed, and inline scripts never are. Only the
widget may be framed, by the origins that its inbox allows. Violations are reported to `/csp-reports`.
"""

from collections.abc import Sequence
from enum import Enum

REPORTS = "/csp-reports"


class Surface(Enum):
    """Kinds of answers, as far as a browser is concerned."""

    API = "default-src 'none'; frame-ancestors 'none'"
    # Blob and data images are previews of what is about to be uploaded; mail is shown in a frame
    # with a sandbox and a policy of its own (srcdoc), whose styles come with it.
    CONSOLE = (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; "
        "frame-ancestors 'none'"
    )
    WIDGET = (
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; media-src 'self'; "
        "base-uri 'none'; form-action 'none'; object-src 'none'"
    )
    DEMO = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
        "form-action 'self'; object-src 'none'; frame-ancestors 'none'"
    )
    PAGE = (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'self'; object-src 'none'; frame-ancestors 'none'"
    )
    # What a stranger uploaded: no script, no form, no origin, whatever it turns out to be.
    ATTACHMENT = "default-src 'none'; sandbox; frame-ancestors 'none'"


_EVERYWHERE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"reporting-endpoints", f'csp="{REPORTS}"'.encode()),
]
_TLS = (b"strict-transport-security", b"max-age=31536000")


def security_headers(
    surface: Surface, *, secure: bool, framed_by: Sequence[str] | None = None
) -> list[tuple[bytes, bytes]]:
    """The headers of a surface. `framed_by`, for the widget: origins that may frame it; none is any."""
    policy = surface.value
    if surface is Surface.WIDGET:
        ancestors = "'self'" if framed_by is None else " ".join(["'self'", *(framed_by or ["*"])])
        policy += f"; frame-ancestors {ancestors}"
    policy += f"; report-uri {REPORTS}; report-to csp"
    headers = [(b"content-security-policy", policy.encode("latin-1")), *_EVERYWHERE]
    if surface is not Surface.WIDGET:
        headers.append((b"x-frame-options", b"DENY"))
        headers.append((b"cross-origin-resource-policy", b"same-origin"))
    if surface is Surface.API:
        headers.append((b"cache-control", b"no-store"))
    return [*headers, _TLS] if secure else headers
