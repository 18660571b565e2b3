"""The privacy officer's pages: who looked at whom, what is to be erased."""
