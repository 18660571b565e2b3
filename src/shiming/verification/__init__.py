"""One verification: what is handed in, what was seen, what is decided."""
