"""How many evaluations and comparisons it takes until the wanted defect is there."""
