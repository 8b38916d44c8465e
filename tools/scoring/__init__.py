"""Does an image show what its Blueprint says, and does a set of images lie where another set lies."""
