"""What Bundler itself would install of a Gemfile, from a source on loopback, is what we choose."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from freshlayer.context.script_files import ContextFiles
from freshlayer.discover.analysis import BuildRequest
from freshlayer.discover.discovery import Discovery
from freshlayer.discover.reading import analyse
from testing.gem_source import Gem, GemSource
from testing.named_packages import resolved

_BUNDLER = 'require "bundler"; require "bundler/cli"; Bundler::CLI.start(ARGV)'
_GEMS = {
    "plain": [Gem(it) for it in ("1.0", "1.2.0", "1.10", "2.0.pre1", "1.9.9")],
    "other": [Gem(it) for it in ("0.9", "1.0.0", "1.0.0.1")],
    "native": [Gem("1.0"), Gem("1.1"), Gem("1.1", "x86_64-linux")],
    "newer-ruby": [Gem("1.0", ruby=">= 2.0"), Gem("2.0", ruby=">= 99")],
    "tests": [Gem("3.0"), Gem("3.1")],
}

CASES = (
    'gem "plain"',
    "gem 'plain', '1.2.0'",
    'gem "plain", "~> 1.2.0" # a comment',
    'gem("plain", "~> 1")',
    'gem "plain", ">= 1", "< 1.10"',
    'gem "plain", [">= 1", "!= 1.10"]',
    'gem "plain", ">= 2.0.a"',
    'gem "plain",\n  "< 1.9",\n  require: false',
    'gem "plain", :require => "x/y"',
    'gem "native"',
    'gem "newer-ruby"',
    'gem "other", platforms: [:mri, :mingw]\ngem "plain", platforms: %i[mingw jruby]',
    'platforms :jruby do\n  gem "plain"\nend\ngem "other"',
    'group :development, :test do\n  gem "tests", "3.0"\nend\ngem "other"',
    'gem "tests", group: [:test, :other]\ngem "plain", group: :default',
    'git_source(:github) do |name|\n  "https://g.example/#{name}.git"\nend\ngem "plain", "1.0"',
    'git_source(:github) { |name| "https://g.example/#{name}.git" }\ngem "plain", "1.0"',
    'ruby ">= 2.5"\ngem "plain", "1.0"\ngem "other", "~> 1.0.0"',
    'group :test do\n  group :more do\n    gem "tests"\n  end\nend\ngem "plain"',
    'group :late, optional: true do\n  gem "tests"\nend\ngem "plain"',
    "gem 'plain', '= 1.9.9', require: ['a', 'b']",
)


@pytest.fixture(scope="module")
def source() -> Iterator[GemSource]:
    if shutil.which("ruby") is None:
        pytest.skip("ruby is not installed, and scripts/setup can't install it here")
    with GemSource() as found:
        for name, gems in _GEMS.items():
            found.publish(name, *gems)
        yield found


def read(tmp_path: Path, command: str = "bundle install", before: str = "") -> Discovery:
    text = f"FROM ruby:3.1\n{before}\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    return analyse(text, BuildRequest(("linux/amd64",)), ContextFiles(tmp_path, None).read).discovery


def ours(tmp_path: Path, command: str = "bundle install", before: str = "") -> dict[str, str]:
    """Name → version, without its platform."""
    found: dict[str, str] = {}
    for every in read(tmp_path, command, before).packages.values():
        for it in every:
            assert it.unknown is None
            chosen = resolved("gem", it.words, it.options, environment=[("RUBY_VERSION", "3.1.2")])
            assert chosen.problem is None
            found |= {one.name: one.version.partition("-")[0] for one in chosen.packages}
    return found


def by_bundler(tmp_path: Path) -> dict[str, str]:
    """What it writes into a lock file."""
    environment = {"HOME": str(tmp_path), "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["ruby", "-e", _BUNDLER, "lock", "--print"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        env=environment,
    )
    assert "GEM\n" in done.stdout, done.stderr[-2000:]
    return dict(re.findall(r"(?m)^ {4}([\w.-]+) \((\d[^)-]*)", done.stdout))


@pytest.mark.parametrize("case", CASES)
def test_the_version_is_the_one_that_bundler_takes(case: str, source: GemSource, tmp_path: Path) -> None:
    """Bundler resolves optional groups and other platforms too, and installs none of them."""
    (tmp_path / "Gemfile").write_text(f'source "{source.url}"\n{case}\n')
    chosen = ours(tmp_path)
    of_bundler = by_bundler(tmp_path)
    assert chosen.items() <= of_bundler.items()
    left_out = of_bundler.keys() - chosen.keys()
    assert all("optional" in case or "jruby" in case for _ in left_out)


def test_what_the_lock_file_has_of_an_unchanged_wish_is_taken(source: GemSource, tmp_path: Path) -> None:
    gemfile = f'source "{source.url}"\ngem "plain"\ngem "other", "< 1.0.0.1"\n'
    (tmp_path / "Gemfile").write_text(gemfile)
    listed = "    other (0.9)\n    plain (1.2.0)\n"
    wishes = "  other (< 1)\n  plain\n"
    lock = f"GEM\n  remote: {source.url}/\n  specs:\n{listed}\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n{wishes}\n"
    (tmp_path / "Gemfile.lock").write_text(lock)
    expected = by_bundler(tmp_path)
    assert expected["plain"] == "1.2.0"
    assert ours(tmp_path)["plain"] == "1.2.0"


@pytest.mark.parametrize(
    ("command", "before"),
    [
        ("bundle install --without test", ""),
        ("bundle", "ENV BUNDLE_WITHOUT=development:test"),
        ("bundle install -j4 --retry 3", "ENV BUNDLE_WITHOUT='test'"),
    ],
)
def test_a_group_that_is_left_out_is_no_input(
    source: GemSource, tmp_path: Path, command: str, before: str
) -> None:
    gems = 'gem "plain"\ngem "tests", group: :test\n'
    (tmp_path / "Gemfile").write_text(f'source "{source.url}"\n{gems}')
    assert ours(tmp_path, command, before).keys() == {"plain"}


def test_a_source_of_its_own_counts_for_its_gems(source: GemSource, tmp_path: Path) -> None:
    with GemSource() as other:
        other.publish("plain", Gem("9.0"))
        block = f'source "{other.url}" do\n  gem "plain"\nend\n'
        (tmp_path / "Gemfile").write_text(f'source "{source.url}"\ngem "other"\n{block}')
        assert ours(tmp_path) == by_bundler(tmp_path) == {"plain": "9.0", "other": "1.0.0.1"}


@pytest.mark.parametrize(
    "line",
    [
        "gemspec",
        'gem "plain" if ENV["X"]',
        'eval_gemfile "more.rb"',
        'gem "plain", *versions',
        'if ENV["CI"]\ngem "plain"\nend',
        "%w[a b].each do |name|\n  gem name\nend",
        'gem "pl#{x}"',
    ],
)
def test_a_line_that_decides_and_is_not_read_is_stated(tmp_path: Path, line: str) -> None:
    (tmp_path / "Gemfile").write_text(f'source "https://g.example"\n{line}\n')
    (item,) = read(tmp_path).not_watched
    assert item.reason.code == "requirements-not-stated"
    assert not item.is_covered
    assert line.splitlines()[0].split()[-1] in str(item.reason)


def test_gems_of_repositories_are_inputs(tmp_path: Path) -> None:
    lines = 'gem "a", git: "https://g.example/a.git"\ngem "b", github: "o/b"\ngem "c", path: "../c"\n'
    (tmp_path / "Gemfile").write_text(lines)
    found = read(tmp_path)
    assert {str(it.reference) for it in found.inputs if "+" in str(it.reference)} == {
        "git+https://g.example/a.git",
        "git+https://github.com/o/b.git",
    }
    assert [it.text for it in found.not_watched] == ["gem c"]
