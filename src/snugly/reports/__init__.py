"""Shows findings: full, concise, json, sarif, github, html."""
