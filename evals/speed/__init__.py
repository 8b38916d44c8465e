"""Images a second and memory, beside peers."""
