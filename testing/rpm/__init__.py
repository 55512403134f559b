"""rpm packages, repositories and roots that are made here, and dnf as the oracle."""
