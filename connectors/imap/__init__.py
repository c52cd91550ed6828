"""Mail that is fetched: one poller for each email inbox that has a mailbox (RFC 3501, RFC 2177)."""

from connectors.imap.fetching import Fetching

__all__ = ["Fetching"]
