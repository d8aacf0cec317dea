"""`republish`: what nadi has made of the readings, given back to the broker for the city's other applications.

Delivery ─▶ rows by topic ─▶ a form: native, SenML, NGSI-LD ─▶ one connection of its own, acknowledged
"""
