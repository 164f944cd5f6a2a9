"""crossread: hospitals read each other's radiology.

Start reading at `crossread.journey`, the one file that knows the order of things.
"""

from importlib.metadata import version

__version__ = version("crossread")
