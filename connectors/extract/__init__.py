"""The text inside attached files, for search: bytes of pdf, docx, html or plain text to a string.

`text.py` is pure and runs in a sandbox: its libraries read anybody's bytes.
"""
