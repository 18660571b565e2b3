"""Makes the tables by which holders find characters that they cannot type; see `__main__.py`."""
