"""Compose and bake files, and what they name."""

from __future__ import annotations

from pathlib import Path

from freshlayer.context.composition_files import bake_files, compose_files, named_files


def test_the_files_are_those_that_the_tools_look_for(tmp_path: Path) -> None:
    names = ["compose.yml", "docker-compose.yml", "compose.override.yaml", "docker-bake.hcl"]
    for name in names:
        (tmp_path / name).write_text("")
    assert [it.name for it in compose_files(tmp_path, names)] == ["compose.yml", "compose.override.yaml"]
    assert [it.name for it in bake_files(tmp_path, names)] == ["docker-bake.hcl"]
    assert compose_files(tmp_path, ["compose.override.yaml"]) == []


def test_files_that_are_named_count_through_each_other_and_none_outside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "more").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("")
    main = root / "compose.yaml"
    main.write_text('include:\n  - more/a.yaml\n  - {path: "../outside.yaml"}\nx: [/etc/a.yaml]\n')
    (root / "more/a.yaml").write_text(
        "services: {b: {extends: {file: 'b.yml'}}}\ninclude: [../compose.yaml]\n"
    )
    (root / "more/b.yml").write_text("env_file: c.env\n")
    (root / "more/c.env").write_text("A=1\n")
    found = {str(it.relative_to(root)) for it in named_files([main], root)}
    assert found == {"compose.yaml", ".env", "more/a.yaml", "more/b.yml", "more/c.env"}
