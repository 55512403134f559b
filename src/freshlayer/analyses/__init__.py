"""Analyses that were made before: an unchanged Dockerfile is not read again."""

from freshlayer.analyses.cache import AnalysisCache
from freshlayer.analyses.code import stamp_at_start, stamp_of_code
from freshlayer.analyses.key import key_of

__all__ = ["AnalysisCache", "key_of", "stamp_at_start", "stamp_of_code"]
