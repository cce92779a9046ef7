"""An independent audit of the books: it recounts from rows, and never calls what wrote the figures."""
