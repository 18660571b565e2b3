"""Sources that send text messages."""
