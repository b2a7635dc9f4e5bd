"""Dates as in the logs, so that one can be searched for in the other. All times are UTC."""

DATETIME_FORMAT = "Y-m-d H:i:s"
DATE_FORMAT = "Y-m-d"
