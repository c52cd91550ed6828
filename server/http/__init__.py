"""The desk over HTTP: one declaration for each operation gives its route, its checks and its docs.

A request passes `edge` (the one ASGI layer), then `dispatch`, which authenticates, asks the one
policy point, decodes, and calls the operation's function in `api/`. Nothing here decides
anything about a ticket: commands go to the handler, everything else to `store`.
"""
