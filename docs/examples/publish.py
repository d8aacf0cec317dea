"""A gateway in ten lines and its imports: python publish.py BROKER PORT (needs paho-mqtt)."""

import json
import sys
import time

import paho.mqtt.client as mqtt

gateway = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "gw-mulyosari", protocol=mqtt.MQTTv5)
gateway.will_set("nadi/v1/3578/gateway/gw-mulyosari/status", "offline", qos=1, retain=True)
gateway.connect(sys.argv[1], int(sys.argv[2]))
gateway.loop_start()
gateway.publish("nadi/v1/3578/gateway/gw-mulyosari/status", "online", qos=1, retain=True)
for seq in range(1, 4):
    reading = {"ts": time.time(), "values": {"flow": 12.4, "pressure": 310.2}, "gw": "gw-mulyosari", "seq": seq}
    gateway.publish("nadi/v1/3578/water/mulyosari/meter-07", json.dumps(reading), qos=1).wait_for_publish(30)
