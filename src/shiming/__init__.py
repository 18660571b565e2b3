"""Shiming (实名): a self-hosted real-name platform for services with user accounts."""

__version__ = "0.1.0"
