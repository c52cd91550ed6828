"""Parley's server: the domain, its store, and the doors to it."""
