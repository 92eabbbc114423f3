import sys

from labkit.grade.command import main

if __name__ == "__main__":
    sys.exit(main())
