"""The bench over labelled Dockerfiles: what it counts, at a small size."""

from __future__ import annotations

import json
from pathlib import Path

from bench.labels import lines, main

_SCORE = """import json, sys
gold, findings = (json.load(open(name)) for name in sys.argv[1:3])
found = {item["reference"] for item in findings[0]["inputs"]}
wanted = set(gold["references"])
print(json.dumps({"recall": len(found & wanted) / 2, "precision": len(found & wanted) / len(found)}))
"""


def test_it_prints_recall_precision_and_coverage(tmp_path: Path) -> None:
    (tmp_path / "files" / "owner+repository").mkdir(parents=True)
    text = "FROM scratch\nRUN curl https://example.org/a https://example.org/b\nRUN luarocks install say\n"
    (tmp_path / "files" / "owner+repository" / "Dockerfile").write_text(text)
    (tmp_path / "gold.json").write_text(json.dumps({"references": ["https://example.org/a", "https://x/"]}))
    (tmp_path / "score.py").write_text(_SCORE)
    _, scores, coverage = lines(tmp_path)
    assert scores == "recall 0.500, precision 0.500"
    assert coverage == "coverage: 1 of 2 RUNs that reach the network (50%)"


def test_without_labels_it_ends_with_2(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 2
