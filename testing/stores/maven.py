"""A Maven repository: a tree of files that `mvn deploy` writes and nginx serves."""

from __future__ import annotations

import subprocess
from pathlib import Path

from testing.servers.base import find
from testing.servers.nginx import Nginx

PLUGIN = "org.apache.maven.plugins:maven-deploy-plugin:3.0.0"
# What Debian installed is all that Maven may see. Its own `--offline` would forbid to deploy.
SETTINGS = """\
<settings>
  <localRepository>{home}/local</localRepository>
  <mirrors>
    <mirror><id>debian</id><mirrorOf>central</mirrorOf><url>file:///usr/share/maven-repo</url></mirror>
  </mirrors>
</settings>
"""


class MavenRepository(Nginx):
    """Artifacts of the group `org.example`; each deployment takes 7 s: once for many tests."""

    def deploy(self, artifact: str, version: str, content: bytes) -> None:
        """Deploy a jar of these bytes, as `mvn deploy:deploy-file` does; a SNAPSHOT gets a new timestamp."""
        jar = self.home / f"{artifact}.jar"
        jar.write_bytes(content)
        settings = self.home / "settings.xml"
        settings.write_text(SETTINGS.format(home=self.home), encoding="utf-8")
        what = {
            "groupId": "org.example",
            "artifactId": artifact,
            "version": version,
            "packaging": "jar",
            "file": str(jar),
            "url": self.directory.as_uri(),
        }
        definitions = [f"-D{name}={value}" for name, value in what.items()]
        argv = [find("mvn"), "-B", "-q", "-s", str(settings), f"{PLUGIN}:deploy-file", *definitions]
        subprocess.run(argv, cwd=self.home, env=self.environment(), check=True, capture_output=True)

    def files_of(self, artifact: str, version: str) -> Path:
        """Where the files of this version are."""
        return self.directory / "org" / "example" / artifact / version

    def jar(self, artifact: str, version: str) -> str:
        """The URL that a user writes; of a SNAPSHOT there is no such file: its metadata names the file."""
        return f"{self.url}org/example/{artifact}/{version}/{artifact}-{version}.jar"
