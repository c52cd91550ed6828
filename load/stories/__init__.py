"""People at a desk, as Locust users: each tells a story, in its own time, and checks what it was told.

Locust patches the process with gevent: nothing outside this folder imports it, and it starts as a program of
its own (`python -m load.stories`, `make load`).
"""
