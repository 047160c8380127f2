"""Ctrl-C works here and in the programs that tests start.

A shell that runs the tests in its background has them ignore it, which programs inherit.
"""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)
