"""dnf, dnf5, microdnf, yum, tdnf and zypper: from rpm-md indexes to what a command would install. Pure.

libsolv (the library ``solv``), which is the solver of these programs, chooses the packages.

``BaseContents.installed["rpm"]``, the text of an rpm database, has one JSON object a line for each package:

- ``name``, ``version``, ``release``, ``arch``: strings. ``epoch``: a number or null. ``vendor``: a string,
  ``""`` where there is none. Packages ``gpg-pubkey`` are left out.
- ``provides``, ``requires``, ``conflicts``, ``obsoletes``, ``recommends``, ``suggests``, ``supplements``,
  ``enhances``: lists of dependencies as rpm prints them: ``bash``, ``libc.so.6(GLIBC_2.34)(64bit)``,
  ``bash = 5.1.8-6.el9``, ``kernel >= 1:5.14``, ``(a if b)``. ``rpmlib(…)`` may be among them. An empty list
  may be missing.
- ``files``: absolute paths of all files and directories; may be missing.
- ``modularity``: the tag Modularitylabel (``nodejs:18:820230…:rhel9``); may be missing or ``""``.
"""
