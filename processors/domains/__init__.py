"""What a water, power, waste or civil defence engineer would look for, one processor per domain."""
