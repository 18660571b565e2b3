"""Makes src/shiming/risk/places.tsv, the points of the regions that the address database names."""
