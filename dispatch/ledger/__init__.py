"""The only writers of event, delivery and attempt rows: few statements, each for many rows."""
