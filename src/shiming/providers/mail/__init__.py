"""Sources that send mail."""
