"""SNG3xx: elements that are not what a loss takes them for."""
