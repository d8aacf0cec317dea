"""The pipeline that a user would write first, to be measured beside nadi: paho's on_message,
json, a Point a reading, and influxdb-client's batching. It keeps no journal, computes no
windows and looks for no anomalies.

    python -m bench.naive MQTT_PORT HTTP_PORT PROTOCOL
"""

from __future__ import annotations

import json
import sys
from typing import Any

import paho.mqtt.client as mqtt
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import WriteOptions
from influxdb_client.domain.write_precision import WritePrecision
from paho.mqtt.enums import CallbackAPIVersion


def main(mqtt_port: int, http_port: int, protocol: int) -> None:
    influx = InfluxDBClient(f"http://127.0.0.1:{http_port}", token="none", org="city", enable_gzip=True)
    writes = influx.write_api(WriteOptions(batch_size=5_000, flush_interval=1_000))

    def on_message(client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        _, _, city, domain, zone, device = message.topic.split("/")
        decoded = json.loads(message.payload)
        for item in decoded if isinstance(decoded, list) else [decoded]:
            for quantity, value in item["values"].items():
                writes.write(
                    "city",
                    record=Point(domain)
                    .tag("city", city)
                    .tag("zone", zone)
                    .tag("device", device)
                    .tag("quantity", quantity)
                    .field("value", float(value))
                    .time(item["ts"], WritePrecision.MS),
                )

    def on_connect(client: mqtt.Client, *rest: Any) -> None:
        client.subscribe("nadi/v1/+/+/+/+", qos=1)

    if protocol == 5:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "naive", protocol=mqtt.MQTTv5)
    else:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "naive", clean_session=False, protocol=mqtt.MQTTv311)
    client.on_message = on_message
    client.on_connect = on_connect
    client.connect("127.0.0.1", mqtt_port)
    client.loop_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
