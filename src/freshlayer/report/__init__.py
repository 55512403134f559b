"""A report as text for people, as JSON for programs."""

from freshlayer.report.document import of_check, of_inputs, of_probe, together
from freshlayer.report.story import story_lines
from freshlayer.report.text import build_lines, check_lines, input_lines, probe_lines

__all__ = [
    "build_lines",
    "check_lines",
    "input_lines",
    "of_check",
    "of_inputs",
    "of_probe",
    "probe_lines",
    "story_lines",
    "together",
]
