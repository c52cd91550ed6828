"""Outgoing webhooks: what happened, posted to the addresses that admins named.

`signing.py` and `verdict.py` are pure; `post.py` makes one request; `deliverer.py` runs the queue, each
endpoint by itself.
"""
