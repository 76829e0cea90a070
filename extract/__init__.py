"""Pledgebook: from news articles to grounded, typed records of who promised what to whom."""

__version__ = "0.1.0"
