"""Mail that a provider posts over HTTP: raw RFC 5322, SendGrid's and Mailgun's forms.

    posted = read_post(content_type, body)       # pure: raw bytes and envelope; raises Invalid without a mail
    mailgun_signed(posted.fields, key, now)      # pure: whether Mailgun's signature in the form is genuine

The HTTP layer authenticates the request, then awaits `PostOffice.receive_posted`, which keeps the bytes and
returns after the commit. Layers keep `server.http` from importing this: the wiring passes it in.
"""

from connectors.webhook.post import Posted, mailgun_signed, read_post

__all__ = ["Posted", "mailgun_signed", "read_post"]
