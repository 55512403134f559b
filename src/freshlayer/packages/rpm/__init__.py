"""dnf, dnf5, microdnf, yum, tdnf and zypper: from rpm-md indexes to what a command would install. Pure.

libsolv (the library ``solv``), which is the solver of these programs, chooses the packages. Modules that
need it are imported where a command has packages to choose; the others know texts and values alone.
"""

from freshlayer.packages.rpm.manager import RPM

__all__ = ["RPM"]
