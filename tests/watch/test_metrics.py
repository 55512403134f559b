"""The text format of Prometheus."""

from __future__ import annotations

from freshlayer.watch.metrics import Figures, text_of


def test_a_host_is_a_label_that_cannot_break_out_of_its_line() -> None:
    text = text_of(Figures(probes={'a"b\\c\nd': 2}))
    assert 'freshlayer_probes_total{host="a\\"b\\\\c\\nd"} 2\n' in text


def test_many_hosts_are_bounded_and_none_of_their_probes_is_lost() -> None:
    text = text_of(Figures(probes={f"h{number}": 1 for number in range(2000)}))
    lines = [line for line in text.splitlines() if line.startswith("freshlayer_probes_total{")]
    assert len(lines) == 501
    assert lines[-1] == 'freshlayer_probes_total{host="other"} 1500'


def test_every_figure_has_help_and_type() -> None:
    figures = Figures(probes={"h": 1}, failures={"h": 0}, quotas={"h": (3, 900.0)})
    lines = text_of(figures).splitlines()
    names = {line.split("{")[0].split(" ")[0] for line in lines if not line.startswith("#")}
    for head in ("HELP", "TYPE"):
        assert {line.split(" ")[2] for line in lines if line.startswith(f"# {head}")} == names
