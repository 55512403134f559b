"""Random histories of origins, probed by the real driver over loopback; the bytes are the oracle.

A history is an origin's policy (tags, dates, conditions, HEAD, replicas, redirects) and a list of events:
writes, lagging replicas, probes, changes while a probe is under way. A certain verdict has to be right.
"""
