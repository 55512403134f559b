"""As uv writes the script of a package that it installs."""

import sys

from freshlayer.__main__ import run

if __name__ == "__main__":
    sys.exit(run())
