"""What the bench of growth counts, at a small size; and that its plot is well-formed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from bench import growth
from bench.gauge import Run
from bench.growth import Growth, Probed, Remembered, Sized
from bench.plot import Line, Panel, svg
from testing.servers.needs import needs

RUN = Run(1, 0.25, 40)
GROWTH = Growth(
    tuple(Probed(n, RUN, RUN, RUN) for n in (10, 100)),
    tuple(Sized(n, RUN, RUN) for n in (10, 100)),
    tuple(Remembered(n, 2.5, 0.4, n) for n in (1_000, 10_000)),
)


@needs("nginx", "curl")
def test_an_input_that_is_known_takes_one_request_and_no_body() -> None:
    found = growth.counts(inputs=200, references=2_000)
    assert found.again == {304: 200}
    assert found.body_bytes == 0
    assert found.found == growth.LOOKED_UP


@pytest.mark.parametrize("values", [(1.0, 1.0), (0.02, 900.0)])
def test_a_plot_has_each_point_within_its_axes(values: tuple[float, float]) -> None:
    line = Line("a & b", ((10, values[0]), (1_000, values[1])))
    root = ET.fromstring(svg([Panel("<t>", "x", (line,))]))
    points = [item for item in root.iter() if item.get("r") == "3"]
    assert len(points) == 2
    assert all(
        0 < float(point.attrib["cx"]) < 400 and 0 < float(point.attrib["cy"]) < 300 for point in points
    )


def test_the_same_figures_make_the_same_plot() -> None:
    assert growth.drawn(GROWTH) == growth.drawn(GROWTH)
    assert len(list(ET.fromstring(growth.drawn(GROWTH)))) == 6
