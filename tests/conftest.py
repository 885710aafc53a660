"""How the property tests run: the same examples every time, however busy the machine.

`pytest --hypothesis-profile=explore` tries new ones.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("explore", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same")
