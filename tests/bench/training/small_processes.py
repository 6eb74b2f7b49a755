"""What processes do in tests of how they are ended; imported by them alone, so it stays light."""

import os
import signal
import time


def stubborn(relay, rank):
    """Report the process, and go on for a minute whatever the signal, as a process that waits for others does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    relay.advance(1, str(os.getpid()))
    time.sleep(60)


def hasty(relay, rank):
    """The first one leaves at once as if all were well, the other one stays."""
    if rank:
        stubborn(relay, rank)


class Announced:
    """Prints what a process reports."""

    def advance(self, n=1, note=None, measured=None):
        print(note, flush=True)
