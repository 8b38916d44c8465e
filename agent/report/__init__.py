"""Reports: what was found, where the evidence is, and what to do; written, checked and rendered."""
