"""Lock files: whether one of the build context names every package that a command would install. Pure.

``table.py`` has a row for each command. A reader gets the files of the project and compares a manifest with
its lock file. Lock files are found and read; nothing is requested.
"""
