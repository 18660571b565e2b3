"""Walks the holder's pages in Chromium 83, the oldest browser engine that can be had as a package."""
