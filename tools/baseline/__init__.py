"""Makes the first step of the migrations from store/tables.py, as long as nothing is released."""
