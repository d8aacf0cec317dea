"""nadi's interfaces as documents that machines read: OpenAPI for HTTP, AsyncAPI for MQTT.

    tables of the code ─▶ document() ─▶ docs/openapi.json, docs/asyncapi.json; /api/v1/openapi.json

`python -m pipeline.interfaces` writes both files; tests compare them, and the tables with the routes.
"""
