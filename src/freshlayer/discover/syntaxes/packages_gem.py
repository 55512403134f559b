"""``gem install``: a command line → the packages that it names.

Options: ``version``, ``source``, ``prerelease``, ``platform``. A word is ``name`` or ``name:requirement``.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from freshlayer.discover.syntaxes.language_lines import LanguageLine, Listed, ProjectFiles, divided
from freshlayer.discover.syntaxes.package_lines import table_of
from freshlayer.model.reasons import Reason

_TABLE, _NAMES = table_of(
    """
    version,v= source,s= platform= install-dir,i= bindir,n= document= build-root= vendor= trust-policy,P=
    http-proxy,p= file,g= without= bulk-threshold,B= config-file= prerelease,pre both,b local,l remote,r
    force,f no-document,N no-doc no-ri no-rdoc user-install no-user-install env-shebang,E wrappers,w
    no-wrappers conservative minimal-deps ignore-dependencies verbose,V quiet,q silent update-sources,u
    clear-sources default development development-all lock no-lock suggestions no-suggestions backtrace
    debug norc explain post-install-message no-post-install-message
    """
)
_KEPT = frozenset({"version", "source", "prerelease", "platform"})
_ELSEWHERE = frozenset({"local", "file", "explain"})
"""Options without which nothing of a source is installed."""
_VERBS = frozenset({"install", "i"})


def gem(_name: str, arguments: Sequence[str], _files: ProjectFiles) -> LanguageLine | None:
    """One command line; None for a command that installs nothing. Behind ``--`` are flags of a build."""
    line = divided(list(takewhile(lambda word: word != "--", arguments)), _TABLE, _NAMES)
    names = {name for name, _ in line.options}
    if line.verb not in _VERBS or not line.words or names & _ELSEWHERE:
        return None
    kept = tuple(item for item in line.options if item[0] in _KEPT)
    files = tuple(word for word in line.words if word.endswith(".gem"))
    listed = tuple(Listed(word, Reason("file-named")) for word in files)
    return LanguageLine(tuple(word for word in line.words if word not in files), kept, listed=listed)
