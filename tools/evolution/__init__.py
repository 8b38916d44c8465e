"""Who meets whom, what the answers mean, and how the next candidate is made."""
