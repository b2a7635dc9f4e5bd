"""Pieces of HTML that pages and templates share. They know no admin, since template tags are read before it is."""
