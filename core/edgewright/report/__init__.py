"""``report.html``: one page that holds a finished run, opens without a network and runs no text of a block or data set.

:func:`panels` reads the run's outputs and is the expensive part: its result is plain JSON and may be stored.
:func:`render` puts it, with the run's record, into a page.
"""

from edgewright.report.page import render, run_info, write
from edgewright.report.panels import Panel, panels

__all__ = ["Panel", "panels", "render", "run_info", "write"]
