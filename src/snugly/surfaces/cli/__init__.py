"""The command line: each command is a thin shim over the API, in a file of its own."""
