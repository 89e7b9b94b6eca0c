"""SNG5xx: the loss does not go with what comes before it, or with how it is called."""
