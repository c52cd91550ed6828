"""A child process for what hostile bytes are fed to: limited in memory and time, killed when it hangs.

`process.py` is our side, `child.py` the child's; between them, length-prefixed bytes over pipes.
"""
