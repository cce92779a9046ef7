"""What WordPress clients expect of any site under /wp-json/, whatever its routes are."""
