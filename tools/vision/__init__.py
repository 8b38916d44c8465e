"""Images, masks, backbones and embeddings: the ground floor that every other tool stands on."""
