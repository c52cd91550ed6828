"""Reads that join several nouns: lists, pages, reports, and who a credential belongs to."""
