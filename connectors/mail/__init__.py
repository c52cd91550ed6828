"""Mail as pure functions: bytes to an inbound message, a reply to bytes. No socket, clock or database."""
