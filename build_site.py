#!/usr/bin/env python3
"""Build the static site of the labs: python build_site.py [--serve]. What it does is in sitebuild/."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from sitebuild.command import main

    sys.exit(main(ROOT))
