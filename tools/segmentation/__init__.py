"""A small supervised segmenter: trained on sculpted or real defects, exported, proved equal, served and fused."""
