"""Which packages a command would install, from the text of indexes. Pure.

``base.py`` is the Protocol; a member is a package of its own and a row of ``MANAGERS``.
"""
