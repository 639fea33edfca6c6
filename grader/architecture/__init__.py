"""What a model's recorded operators say about its architecture. Pure: records in, answers out."""
