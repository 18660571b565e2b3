"""Commands of `shiming` with actions of their own, one file each; `__main__` joins them."""
