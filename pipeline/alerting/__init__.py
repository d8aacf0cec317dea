"""Follows the log for channels of alerts, keeps what they have been told, and sends."""
