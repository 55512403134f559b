"""The page of the service: what is known of each image → values of a view → templates.

``known`` takes from a report what the pages need; ``images`` joins it with the standing of each image.
``overview``, ``image_page``, ``inputs`` and ``packages`` make the values of each view; ``rendering`` fills
the templates, some of which are those of ``report/page``; ``routes`` answers requests.
"""
