"""The suite lies beside the package, not in it."""

import sys
from pathlib import Path

FOLDER = str(Path(__file__).parents[2])
if FOLDER not in sys.path:
    sys.path.append(FOLDER)
