"""Replays of many: an operator's wish is a row, which the consumers carry out step by step."""
