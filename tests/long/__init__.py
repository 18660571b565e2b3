"""Tests that take longer than CI may: `make test-long`. Each writes its result under `bench/results`."""
