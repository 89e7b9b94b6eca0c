"""SNG8xx: layers and operations whose sizes cannot meet, or meet on the wrong axes."""
