"""Relays: numbering the log, and telling it to those who read it in batches, each at its own pace."""
