"""Accounts, their holds, the subjects behind them, how they are reached, and what the gate reads."""
