"""The shapes of answers, one file per noun: what the OpenAPI document says, and what tests hold real answers to.

No answer is made or looked through by them while the server works: that costs nothing. Which call gives which shape is
the table in `web/api/operations.py`.
"""
