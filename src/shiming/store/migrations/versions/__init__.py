"""The steps, oldest first. Until the first release there is one, made by `python -m tools.baseline`."""
