"""Incidents told to people: one file a means, each channel with a cursor, a memory and retries of its own.

log ──▶ Desk: which incident, what has changed, told already? ──▶ Notice ──▶ Channel.send ──▶ people
"""
