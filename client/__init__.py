"""What services that publish to Switch, or hear from it, may copy into their own code."""
