"""Changes that make a call fit: candidates, their proof, their rank."""
