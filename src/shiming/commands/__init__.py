"""Commands of `shiming` that have several actions: one file each."""
