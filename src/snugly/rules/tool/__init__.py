"""SNG0xx: what snugly says about a file rather than about its tensors."""
