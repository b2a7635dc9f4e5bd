"""What we claim about speed, and how anyone repeats it: `python -m bench`."""
