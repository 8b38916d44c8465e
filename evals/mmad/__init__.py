"""MMAD-style benchmarking: multiple-choice questions on photos of parts, answered with or without a language model."""
