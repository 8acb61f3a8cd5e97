"""The benchmark: Corten and its peers, measured the same way in one run."""
