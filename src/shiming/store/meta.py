"""The one MetaData that every table of the main database hangs on."""

from sqlalchemy import MetaData

metadata = MetaData()
