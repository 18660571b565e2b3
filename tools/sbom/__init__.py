"""What a release is made of, as a CycloneDX bill of materials."""
