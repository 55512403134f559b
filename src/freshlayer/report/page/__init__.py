"""The page of an image: a report as values of a view, and the templates that show them.

``view`` has the values; ``bands``, ``causes`` and ``images`` make them of a Report; ``rendering`` fills the
templates. A template reads nothing but these values.
"""
