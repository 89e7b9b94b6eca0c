"""Follows tensors through source that is never executed."""
