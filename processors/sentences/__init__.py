"""Sentences of the domain analytics; `processors.texts` joins them with its own."""
