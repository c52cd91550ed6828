"""SPF, DKIM and DMARC: verified by us, or taken from the header of a relay that is trusted by name.

`verify.py` asks the three; `dmarc.py` and `results.py` are pure; only `resolver.py` speaks DNS. Nothing here
refuses a mail: results are stored and shown.
"""
