"""One router a noun; each module has `router`."""
