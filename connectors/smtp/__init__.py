"""The SMTP listener: accepts mail for the desk's inboxes and for nobody else (RFC 5321)."""

from connectors.smtp.listener import Listener

__all__ = ["Listener"]
