"""Which request the offline model reads in an utterance, on utterances that are no seed phrases."""
