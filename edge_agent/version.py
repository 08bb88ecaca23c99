"""Which version of the program this is: the distribution's, or `0+source` where it runs from a checkout not
installed.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("lessonproof")
except PackageNotFoundError:
    VERSION = "0+source"
