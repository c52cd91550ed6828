"""HTTP to addresses that somebody else named: remote images, webhooks. Never to our own network.

`address.py` says which addresses are public (pure); `fetch.py` connects to those alone, with bounds on time,
size and redirects.
"""
