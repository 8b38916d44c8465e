"""What a defect is: the Blueprint, its vocabulary, its versions and the parser from plain language."""
