"""Mail that a provider posts over HTTP: raw RFC 5322, SendGrid's and Mailgun's forms.

The HTTP layer authenticates the request, then awaits `PostOffice.receive_posted`, which keeps the bytes and
returns after the commit. Layers keep `server.http` from importing this: the wiring passes it in.
"""

from connectors.webhook.post import Posted, read_post

__all__ = ["Posted", "read_post"]
