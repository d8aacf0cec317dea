"""Homie devices as the conventions describe them: retained topics, each with one value or attribute."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

V3 = "The Homie Convention 3.0.1 (homieiot.github.io/specification/spec-core-v3_0_1)"
V4 = "The Homie Convention 4.0.0 (homieiot.github.io/specification/spec-core-v4_0_0)"
V5 = "The Homie Convention 5.0.0 (homieiot.github.io/specification)"


EXAMPLES = [
    Example(
        name="a device and its property, Homie 4",
        source=f"{V4}, Device Attributes, Node Attributes, Property Attributes",
        messages=(
            ("homie/super-car/$homie", b"4.0.0"),
            ("homie/super-car/$name", b"Super car"),
            ("homie/super-car/$nodes", b"wheels,engine,lights"),
            ("homie/super-car/$implementation", b"esp8266"),
            ("homie/super-car/$state", b"ready"),
            ("homie/super-car/engine/$name", b"Car engine"),
            ("homie/super-car/engine/$type", b"V8"),
            ("homie/super-car/engine/$properties", b"speed,direction,temperature"),
            ("homie/super-car/engine/temperature/$name", b"Engine temperature"),
            ("homie/super-car/engine/temperature/$settable", b"false"),
            ("homie/super-car/engine/temperature/$unit", "°C".encode()),
            ("homie/super-car/engine/temperature/$datatype", b"float"),
            ("homie/super-car/engine/temperature/$format", b"-20:120"),
            ("homie/super-car/engine/temperature", b"21.5"),
        ),
        readings=(("super-car", "engine.temperature", 21.5, "°C", None),),
    ),
    Example(
        name="a command and its answer",
        source=f"{V4}, Property command topic; Broadcast Channel",
        messages=(
            ("homie/kitchen-light/light/power/$datatype", b"boolean"),
            ("homie/kitchen-light/light/power/set", b"true"),
            ("homie/kitchen-light/light/power", b"true"),
            ("homie/$broadcast/alert", b"Intruder detected"),
        ),
        readings=(("kitchen-light", "light.power", 1.0, None, None),),
        note="Booleans are 1 or 0. What is asked of a device is no reading.",
    ),
    Example(
        name="a device's statistics, Homie 3",
        source=f"{V3}, Device Statistics",
        messages=(
            ("homie/super-car/$stats", b"uptime,cputemp,signal,battery"),
            ("homie/super-car/$stats/interval", b"60"),
            ("homie/super-car/$stats/uptime", b"120"),
            ("homie/super-car/$stats/cputemp", b"48"),
            ("homie/super-car/$stats/signal", b"24"),
            ("homie/super-car/$stats/battery", b"80"),
        ),
        readings=(
            ("super-car", "$stats.uptime", 120.0, "s", None),
            ("super-car", "$stats.cputemp", 48.0, "°C", None),
            ("super-car", "$stats.signal", 24.0, "%", None),
            ("super-car", "$stats.battery", 80.0, "%", None),
        ),
        note="The units are the convention's.",
    ),
    Example(
        name="an array of nodes, Homie 3",
        source=f"{V3}, Arrays",
        messages=(
            ("homie/super-car/$nodes", b"lights[]"),
            ("homie/super-car/lights/$properties", b"intensity"),
            ("homie/super-car/lights/intensity/$datatype", b"integer"),
            ("homie/super-car/lights/intensity/$unit", b"%"),
            ("homie/super-car/lights/$array", b"0-1"),
            ("homie/super-car/lights_0/$name", b"Back lights"),
            ("homie/super-car/lights_0/intensity", b"0"),
            ("homie/super-car/lights_1/$name", b"Front lights"),
            ("homie/super-car/lights_1/intensity", b"100"),
        ),
        readings=(
            ("super-car", "lights_0.intensity", 0.0, "%", None),
            ("super-car", "lights_1.intensity", 100.0, "%", None),
        ),
        note="The elements have the attributes of the array.",
    ),
    Example(
        name="a device and its property, Homie 5",
        source=f"{V5}, Device Attributes, Node Attributes, Property Attributes",
        messages=(
            ("homie/5/super-car/$state", b"init"),
            (
                "homie/5/super-car/$description",
                """{
  "homie": "5.0",
  "name": "Supercar",
  "version": 7,
  "nodes": {
    "engine": {
      "name": "Car engine",
      "properties": {
        "temperature": {"name": "Engine temperature", "unit": "°C", "datatype": "float", "format": "-20:120"}
      }
    }
  }
}""".encode(),
            ),
            ("homie/5/super-car/engine/temperature", b"21.5"),
            ("homie/5/super-car/$state", b"ready"),
        ),
        readings=(("super-car", "engine.temperature", 21.5, "°C", None),),
    ),
    Example(
        name="a light that dims slowly, before its description is heard",
        source=f"{V5}, Target attribute, Property command topic; Alert topic",
        messages=(
            ("homie/5/kitchen-light/light/brightness/set", b"100"),
            ("homie/5/kitchen-light/light/brightness/$target", b"100"),
            ("homie/5/kitchen-light/light/brightness", b"20"),
            ("homie/5/kitchen-light/light/brightness", b"100"),
            ("homie/5/kitchen-light/$alert/battery", b"Battery is low, at 8%"),
        ),
        readings=(
            ("kitchen-light", "light.brightness", 20.0, None, None),
            ("kitchen-light", "light.brightness", 100.0, None, None),
        ),
        note="A number is a number, if without a unit.",
    ),
    Example(
        name="a bridge and the devices behind it",
        source=f"{V5}, Device hierarchy (the tree is its own, node and property are made up)",
        messages=(
            ("homie/5/bridge/$description", b'{"homie":"5.0","name":"Bridge","version":1,"children":["dualrelay"]}'),
            (
                "homie/5/light1/$description",
                b'{"homie":"5.0","name":"First light","version":1,"root":"bridge","parent":"dualrelay","nodes":'
                b'{"meter":{"properties":{"power":{"datatype":"integer","unit":"W"},"mode":{"datatype":"enum",'
                b'"format":"off,on"},"since":{"datatype":"datetime"}}}}}',
            ),
            ("homie/5/light1/meter/power", b"-12"),
            ("homie/5/light1/meter/mode", b"on"),
            ("homie/5/light1/meter/since", b"2026-11-22T09:30:00Z"),
            ("homie/5/light1/meter/power", b"much"),
            ("homie/5/bridge/$state", b"lost"),
        ),
        readings=(("light1", "meter.power", -12.0, "W", None),),
        refused=("schema",),
        note="Its gateway is `bridge`, the root: when that is lost, all behind it are.",
    ),
]
