"""SNG4xx: tensors that broadcast where they were meant to match element by element."""
