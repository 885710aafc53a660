"""The same for every run of the tests, however it was started and however busy the machine is.

Property tests try the same examples; `pytest --hypothesis-profile=explore` tries new ones.
"""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("explore", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")

# A script starts what runs in its background with SIGINT ignored, and all that is started from
# there inherits that: then nothing could be cancelled.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
