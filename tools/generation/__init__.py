"""From a Blueprint, a photo of a good part and a seed to a defect with its exact mask."""
