"""Thin shims over the API for the places where users are."""
