"""``python3 -m edgewright_sdk``."""

import sys

from edgewright_sdk.driver import main

sys.exit(main())
