"""The rules of a helpdesk as pure values and functions: no clock, no socket, no database."""
