"""Stored readings and windows for the city's other applications: `GET /api/v1/observations`.

question ─▶ Query ─▶ a store's page (bounded) ─▶ a form: JSON, SenML, SensorThings, CSV, Parquet ─▶ streamed
"""
