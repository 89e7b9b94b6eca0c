"""What each torch operation does to facts."""
