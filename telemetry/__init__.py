"""The vocabulary all of nadi shares: batches, series, flags, units, time, errors."""
