"""Knowledge retrieval: questions written before the records, against a lexical baseline."""
