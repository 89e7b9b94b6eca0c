"""What the interpreter knows of the libraries that training scripts use."""
