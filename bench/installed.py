"""freshlayer as users start it: by the script of an installer; ``python -m`` loads more modules."""

from __future__ import annotations

import sys
from pathlib import Path

AS_INSTALLED = (sys.executable, str(Path(__file__).with_name("installed_script.py")))
