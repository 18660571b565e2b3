""" "My account": the pages of an account's holder."""
