"""One folder per channel: its bytes become inbound messages, its replies leave through it."""
