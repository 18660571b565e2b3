"""What several adapters of one vendor share: how it wants requests signed, how it is called, what its codes mean."""
