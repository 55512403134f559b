"""``python -m freshlayer``."""

from freshlayer.cli import main

raise SystemExit(main())
