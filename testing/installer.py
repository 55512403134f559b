"""An origin with a script as installers are: functions, the machine, the latest version, another script."""

from __future__ import annotations

from hashlib import sha256

from testing.logging_server import Logged, LoggingServer, Reply

INSTALLER = """#!/bin/sh
# Installs the tool.  Usage: sh -s -- [CHANNEL]
set -eu

BASE="${TOOL_BASE:-{url}}"

say() { echo "install: $*" >&2; }

fail() { say "$1"; exit 1; }

get() {
  if command -v curl >/dev/null 2>&1; then curl -fsSL "$1"; else wget -qO- "$1"; fi
}

machine() {
  case "$(uname -m)" in
    x86_64 | amd64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "unsupported machine" ;;
  esac
}

install_tool() {
  channel="$1"
  version="$(get "$BASE/$channel/latest")"
  [ -n "$version" ] || fail "no version"
  get "$BASE/$channel/tool-$(machine)" > /tool
  say "installed $version"
  echo "$version" > /version
}

main() {
  install_tool "${1:-stable}"
  get "$BASE/plugins.sh" | sh
}

main "$@"
"""
PLUGINS = "#!/bin/sh\nwget -qO /plugin {url}/plugin\n"


class InstallerOrigin(LoggingServer):
    """``files``: path → content; their entity tags are their digests."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.files = {
            "/install.sh": INSTALLER,
            "/plugins.sh": PLUGINS,
            "/plugin": "plugin 1",
            **{f"/{channel}/latest": "1.0" for channel in ("stable", "edge")},
            **{
                f"/{channel}/tool-{it}": "tool" for channel in ("stable", "edge") for it in ("amd64", "arm64")
            },
        }
        self.failing = False

    def _answer(self, request: Logged) -> Reply:
        content = self.files.get(request.target)
        if self.failing:
            return Reply(500)
        if content is None:
            return Reply(404)
        body = content.replace("{url}", self.url).encode("latin-1")
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return Reply(304, {"ETag": tag}, b"")
        return Reply(200, {"ETag": tag}, body)

    def seen(self) -> list[str]:
        """``METHOD PATH`` of freshlayer's requests since the last call; ``?`` where they have a condition."""
        return [
            f"{it.method} {it.target}{'?' if 'if-none-match' in it.headers else ''}"
            for it in self.requests()
            if it.headers.get("user-agent", "").startswith("freshlayer")
        ]
