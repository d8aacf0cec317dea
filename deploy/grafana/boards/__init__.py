"""nadi's dashboards and alert rules, as tables in Python. `deploy/grafana/build.py` writes them out."""
