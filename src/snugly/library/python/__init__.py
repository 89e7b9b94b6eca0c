"""Python's builtins: functions, types, and the methods of strings, numbers and containers."""
