#!/bin/bash
# Runs once, in InfluxDB's first start: an account for each of nadi (writes) and Grafana (reads), valid
# for the bucket alone. The InfluxQL name of a bucket is its own name (virtual DBRP mapping).
set -euo pipefail

influx v1 auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --description "nadi writes" \
  --username nadi --password "$(cat /run/secrets/influx_nadi_password)" \
  --write-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID"

influx v1 auth create --org "$DOCKER_INFLUXDB_INIT_ORG" --description "Grafana reads" \
  --username grafana --password "$(cat /run/secrets/influx_grafana_password)" \
  --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID"
