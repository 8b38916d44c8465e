"""Reports: are their fields right, are their sentences supported, are lies caught and honest words let through."""
