"""The helpdesk: domain, store, handlers, HTTP, live rooms, streams and the wiring of a process."""
