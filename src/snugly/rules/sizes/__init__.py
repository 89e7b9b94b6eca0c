"""SNG1xx: sizes and axes that do not meet at a loss."""
