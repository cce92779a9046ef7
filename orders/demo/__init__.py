"""A believable shop, made up from a seed: data tables, generators of rows, and the bulk writer."""
