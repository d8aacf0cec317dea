"""Rank tails."""
