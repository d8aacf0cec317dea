"""Entities and notifications as ETSI, Smart Data Models and FIWARE's brokers publish them."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

WATER = (
    "Smart Data Models, WaterConsumptionObserved (github.com/smart-data-models/dataModel.WaterConsumption), shortened"
)
AIR = "Smart Data Models, AirQualityObserved (github.com/smart-data-models/dataModel.Environment), shortened"
WASTE = "Smart Data Models, WasteContainer (github.com/smart-data-models/dataModel.WasteManagement), shortened"
DEVICE = "Smart Data Models, Device (github.com/smart-data-models/dataModel.Device), shortened"
CYGNUS = "FIWARE Cygnus, notification-examples of NGSI-LD (github.com/telefonicaid/fiware-cygnus), shortened"
ORION = "Orion-LD, issues 622 and 623 (github.com/FIWARE/context.Orion-LD)"

CONSUMER = "urn:ngsi-ld:Consumer:Consumer01"
OBSERVED = 1621811656000
MADRID = "Madrid-AmbientObserved-28079004-2016-03-15T11:00:00"
ELEVEN = 1458039600000
NOON = ELEVEN + 3_600_000
PHASES = "urn:ngsi-ld:ThreePhaseAcMeasurement:LV3_Ventilation"
FILLING = "urn:ngsi-ld:Device:filling001"

EXAMPLES = [
    Example(
        name="an entity, normalised",
        source=f"{WATER}, example-normalized.jsonld",
        messages=(
            (
                "ngsi/water",
                b"""{
  "id": "urn:ngsi-ld:Consumer:Consumer01",
  "type": "WaterConsumptionObserved",
  "alarmFlowPersistence": {
    "type": "Property",
    "observedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Device:01"},
    "value": "Nothing to report",
    "observedAt": "2021-05-23T23:14:16.000Z"
  },
  "alarmInProgress": {
    "type": "Property",
    "observedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Device:01"},
    "value": 1,
    "observedAt": "2021-05-23T23:14:16.000Z"
  },
  "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [-4.128871, 50.95822]}},
  "maxFlow": {
    "type": "Property",
    "observedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Device:01"},
    "value": 620,
    "observedAt": "2021-05-23T23:14:16.000Z",
    "unitCode": "E32"
  },
  "waterConsumption": {
    "type": "Property",
    "observedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Device:01"},
    "value": 191051,
    "observedAt": "2021-05-23T23:14:16.000Z",
    "unitCode": "LTR"
  },
  "@context": ["https://raw.githubusercontent.com/smart-data-models/dataModel.WaterConsumption/master/context.jsonld"]
}""",
            ),
        ),
        readings=(
            (CONSUMER, "alarmInProgress", 1.0, None, OBSERVED),
            (CONSUMER, "maxFlow", 620.0, "E32", OBSERVED),
            (CONSUMER, "waterConsumption", 191051.0, "LTR", OBSERVED),
        ),
        note="`E32` is litre per hour and `LTR` litre (UN/CEFACT Recommendation 20).",
    ),
    Example(
        name="the same, simplified",
        source=f"{WATER}, example.jsonld",
        messages=(
            (
                "ngsi/water",
                b"""{
  "id": "urn:ngsi-ld:Consumer:Consumer01",
  "type": "WaterConsumptionObserved",
  "alarmFlowPersistence": "Nothing to report",
  "alarmInProgress": 1,
  "location": {"type": "Point", "coordinates": [-4.128871, 50.95822]},
  "maxFlow": 620,
  "persistenceFlowDuration": "3h < 6h",
  "waterConsumption": 191051
}""",
            ),
        ),
        readings=(
            (CONSUMER, "alarmInProgress", 1.0, None, None),
            (CONSUMER, "maxFlow", 620.0, None, None),
            (CONSUMER, "waterConsumption", 191051.0, None, None),
        ),
        note="The simplified representation has neither units nor times.",
    ),
    Example(
        name="a notification",
        source=CYGNUS,
        messages=(
            (
                "ngsi/parking",
                b"""{
  "id": "urn:ngsi-ld:Notification:352334523452",
  "type": "Notification",
  "subscriptionId": "urn:ngsi-ld:Subscription:5e6257789f300bcd70b7b6e",
  "data": [
    {
      "id": "urn:ngsi:ld:OffStreetParking:Downtown1",
      "type": "OffStreetParking",
      "name": {"type": "Property", "value": "Downtown One"},
      "availableSpotNumber": {
        "type": "Property",
        "value": 122,
        "observedAt": "2017-07-29T12:05:02Z",
        "reliability": {"type": "Property", "value": 0.7},
        "providedBy": {"type": "Relationship", "object": "urn:ngsi-ld:Camera:C1"}
      },
      "totalSpotNumber": {"type": "Property", "value": 200},
      "location": {
        "type": "GeoProperty",
        "value": {"type": "Polygon", "coordinates": [[[0,0], [4,0], [4,-2], [0,-2], [0,0]]]}
      }
    }
  ]
}""",
            ),
        ),
        readings=(
            ("urn:ngsi:ld:OffStreetParking:Downtown1", "availableSpotNumber", 122.0, None, 1501329902000),
            ("urn:ngsi:ld:OffStreetParking:Downtown1", "totalSpotNumber", 200.0, None, None),
        ),
        note="`reliability` says something of the number of free places and is no reading itself.",
    ),
    Example(
        name="NGSI v2, normalised",
        source=f"{AIR}, example-normalized.json",
        messages=(
            (
                "ngsi/air",
                b"""{
  "id": "Madrid-AmbientObserved-28079004-2016-03-15T11:00:00",
  "type": "AirQualityObserved",
  "dateObserved": {"type": "DateTime", "value": "2016-03-15T11:00:00"},
  "airQualityLevel": {"type": "Text", "value": "moderate"},
  "co": {"type": "Number", "value": 500, "metadata": {"unitCode": {"value": "GP"}}},
  "temperature": {"type": "Number", "value": 12.2},
  "no2": {"type": "Number", "value": 69, "metadata": {"unitCode": {"value": "GQ"}}},
  "location": {"type": "geo:json", "value": {"type": "Point", "coordinates": [-3.712247, 40.423852]}},
  "address": {"type": "StructuredValue", "value": {"addressCountry": "ES", "addressLocality": "Madrid"}}
}""",
            ),
        ),
        readings=(
            (MADRID, "co", 500.0, "GP", ELEVEN),
            (MADRID, "temperature", 12.2, None, ELEVEN),
            (MADRID, "no2", 69.0, "GQ", ELEVEN),
        ),
        note="A time without an offset is UTC. `GQ` is microgram per cubic metre.",
    ),
    Example(
        name="NGSI v2, key-values, with an interval",
        source=f"{AIR}, example.json",
        messages=(
            (
                "ngsi/air",
                b'{"id": "Madrid-AmbientObserved-28079004-2016-03-15T11:00:00", "type": "AirQualityObserved", '
                b'"address": {"addressCountry": "ES", "addressLocality": "Madrid"}, '
                b'"dateObserved": "2016-03-15T11:00:00/2016-03-15T12:00:00", "areaServed": "Brooklands", '
                b'"location": {"type": "Point", "coordinates": [-3.712247222222222, 40.423852777777775]}, '
                b'"relativeHumidity": 0.54, "temperature": 12.2, "airQualityLevel": "moderate", "nox": 139}',
            ),
        ),
        readings=(
            (MADRID, "relativeHumidity", 0.54, None, NOON),
            (MADRID, "temperature", 12.2, None, NOON),
            (MADRID, "nox", 139.0, None, NOON),
        ),
    ),
    Example(
        name="a waste container and a device, simplified",
        source=f"{WASTE}, example.jsonld; {DEVICE}, example-normalized.jsonld",
        messages=(
            (
                "ngsi/waste",
                b"""[
  {
    "id": "urn:ngsi-ld:wastecontainer:1021:AAWD",
    "type": "WasteContainer",
    "RFID": "67855734",
    "binCapacity": 43,
    "binClearedTime": "2021-03-11T15:51:02+05:30",
    "binFillingLevel": 0.65,
    "location": {"coordinates": [-8.768460000000001, 42.60214472222222], "type": "Point"},
    "@context": ["https://raw.githubusercontent.com/smart-data-models/dataModel.WasteManagement/master/context.jsonld"]
  },
  {
    "id": "urn:ngsi-ld:Device:device-9845A",
    "type": "Device",
    "batteryLevel": 0.75,
    "category": ["sensor"],
    "controlledProperty": ["fillingLevel", "temperature"],
    "rssi": 0.86,
    "value": "l%3D0.22%3Bt%3D21.2"
  }
]""",
            ),
        ),
        readings=(
            ("urn:ngsi-ld:wastecontainer:1021:AAWD", "binCapacity", 43.0, None, None),
            ("urn:ngsi-ld:wastecontainer:1021:AAWD", "binFillingLevel", 0.65, None, None),
            ("urn:ngsi-ld:Device:device-9845A", "batteryLevel", 0.75, None, None),
            ("urn:ngsi-ld:Device:device-9845A", "rssi", 0.86, None, None),
        ),
    ),
    Example(
        name="values that are objects: three phases",
        source="Smart Data Models, ThreePhaseAcMeasurement (github.com/smart-data-models/dataModel.Energy), "
        "example-normalized.jsonld, shortened; the time added",
        messages=(
            (
                "ngsi/energy",
                b"""{
  "id": "urn:ngsi-ld:ThreePhaseAcMeasurement:LV3_Ventilation",
  "type": "ThreePhaseAcMeasurement",
  "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": "2018-07-07T15:05:59.408Z"}},
  "activePower": {"L1": 11996.416016, "L2": 9461.501953, "L3": 10242.351562},
  "dateEnergyMeteringStarted": {"@type": "DateTime", "@value": "2018-07-07T15:05:59.408Z"},
  "frequency": 50.020672,
  "refDevice": ["urn:ngsi-ld:Device:Device:eQL-EDF3GL-2006201705"]
}""",
            ),
        ),
        readings=(
            (PHASES, "activePower.L1", 11996.416016, None, 1530975959408),
            (PHASES, "activePower.L2", 9461.501953, None, 1530975959408),
            (PHASES, "activePower.L3", 10242.351562, None, 1530975959408),
            (PHASES, "frequency", 50.020672, None, 1530975959408),
        ),
    ),
    Example(
        name="attributes without a type",
        source=f"{WASTE}, example-normalized.json",
        messages=(
            (
                "ngsi/waste",
                b"""{
  "id": "wastecontainer:Fleming:12a",
  "type": "WasteContainer",
  "status": {"value": "ok"},
  "dateLastEmptying": {"type": "DateTime", "value": "2016-06-21T15:05:59.408Z"},
  "refDevice": {"type": "Relationship", "value": ["device-Fleming:12a:1"]},
  "fillingLevel": {"value": 0.4}
}""",
            ),
        ),
        readings=(("wastecontainer:Fleming:12a", "fillingLevel", 0.4, None, None),),
        note="When it was last emptied is not when the level was measured.",
    ),
    Example(
        name="NGSI-LD through a broker's NGSI v2 format",
        source=ORION,
        messages=(
            (
                "ngsi/device",
                b'{"subscriptionId": "urn:ngsi-ld:Subscription:5fd1f31e8b9b83697b855a5d", "data": [{"id": '
                b'"urn:ngsi-ld:Device:filling001", "type": '
                b'"https://uri.etsi.org/ngsi-ld/default-context/FillingSensor", '
                b'"https://w3id.org/saref#fillingLevel": {"type": "Property", "value": 0.33, "metadata": {"unitCode": '
                b'"C62", "accuracy": {"type": "Property", "value": 0.05}, "observedAt": "2020-12-10T10:11:57.000Z"}}, '
                b'"https://uri.etsi.org/ngsi-ld/default-context/controllingAsset": {"type": "Relationship", "value": '
                b'"urn:ngsi-ld:Building:farm001", "metadata": {"observedAt": "2020-12-10T10:11:57.000Z"}}}]}',
            ),
            (
                "ngsi/device",
                b'{"@context": "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld", "id": '
                b'"urn:ngsi-ld:Device:filling001", "type": "FillingSensor", "filling": {"type": "Property", '
                b'"value": 0.21, '
                b'"unitCode": "C62", "observedAt": "2020-12-09T14:11:30.708Z"}, "controllingAsset": {"type": '
                b'"Relationship", "object": "urn:ngsi-ld:Building:farm001", "observedAt": "2020-12-09T14:11:30.708Z"}}',
            ),
        ),
        readings=(
            (FILLING, "https://w3id.org/saref#fillingLevel", 0.33, "C62", 1607595117000),
            (FILLING, "filling", 0.21, "C62", 1607523090708),
        ),
        note="Names that were not compacted stay the IRIs that they are.",
    ),
    Example(
        name="MQTT's envelope, concise, with instances by datasetId",
        source="made up after ETSI GS CIM 009, clauses 4.5.5 (multi-attribute), C.2.2 (a vehicle's speed) and 7.2",
        messages=(
            (
                "ngsi/vehicle",
                b'{"metadata": {"Content-Type": "application/json"}, "body": {"id": "urn:ngsi-ld:Notification:1", '
                b'"type": "Notification", "subscriptionId": "urn:ngsi-ld:Subscription:1", "notifiedAt": '
                b'"2026-11-21T16:00:01.5Z", "data": [{"id": "urn:ngsi-ld:Vehicle:A4567", "type": "Vehicle", "speed": ['
                b'{"value": 55, "unitCode": "KMH", "datasetId": "urn:ngsi-ld:Property:speedometerA4567-speed", '
                b'"observedAt": "2026-11-21T16:00:00Z"}, {"value": 54.5, "unitCode": "KMH", "datasetId": '
                b'"urn:ngsi-ld:Property:gpsBxyz123-speed", "observedAt": "2026-11-21T16:00:00Z"}], '
                b'"isParked": {"object": "urn:ngsi-ld:OffStreetParking:Downtown1"}, "fuel": 0.4, '
                b'"tyres": {"value": {"front": 2.4, "rear": 2.5}, "unitCode": "BAR"}}]}}',
            ),
        ),
        readings=(
            (
                "urn:ngsi-ld:Vehicle:A4567",
                "speed.urn:ngsi-ld:Property:speedometerA4567-speed",
                55.0,
                "KMH",
                1795276800000,
            ),
            ("urn:ngsi-ld:Vehicle:A4567", "speed.urn:ngsi-ld:Property:gpsBxyz123-speed", 54.5, "KMH", 1795276800000),
            ("urn:ngsi-ld:Vehicle:A4567", "fuel", 0.4, None, 1795276801500),
            ("urn:ngsi-ld:Vehicle:A4567", "tyres.front", 2.4, "BAR", 1795276801500),
            ("urn:ngsi-ld:Vehicle:A4567", "tyres.rear", 2.5, "BAR", 1795276801500),
        ),
        note="What was not observed at a time of its own has that of the notification.",
    ),
    Example(
        name="over time, by dataset, and an IoT Agent's TimeInstant",
        source="made up after ETSI GS CIM 009, clauses 4.5.4 and 4.5.9, and FIWARE's IoT Agents",
        messages=(
            (
                "ngsi/x",
                b'[{"id": "urn:ngsi-ld:Vehicle:B9211", "type": "Vehicle", "speed": {"type": "Property", '
                b'"values": [[120, "2018-08-01T12:03:00Z"], [80, "2018-08-01T12:05:00Z"]]}, '
                b'"place": {"type": "Property", "value": {"type": "Point", "coordinates": [112.7, -7.2]}}, '
                b'"fuel": {"dataset": {"@none": 0.5, "urn:x": 0.6}}}, '
                b'{"id": "pole7", "type": "Pole", '
                b'"TimeInstant": {"type": "DateTime", "value": "2018-08-01T12:05:00.00Z"}, '
                b'"power": {"type": "Number", "value": 40, "metadata": {"TimeInstant": {"type": "DateTime", '
                b'"value": "2018-08-01T12:03:00.00Z"}}}, "lux": {"type": "Number", "value": 3}}]',
            ),
        ),
        readings=(
            ("urn:ngsi-ld:Vehicle:B9211", "speed", 120.0, None, 1533124980000),
            ("urn:ngsi-ld:Vehicle:B9211", "speed", 80.0, None, 1533125100000),
            ("urn:ngsi-ld:Vehicle:B9211", "fuel", 0.5, None, None),
            ("urn:ngsi-ld:Vehicle:B9211", "fuel.urn:x", 0.6, None, None),
            ("pole7", "power", 40.0, None, 1533124980000),
            ("pole7", "lux", 3.0, None, 1533125100000),
        ),
    ),
    Example(
        name="a bad attribute or entity keeps the others",
        source="made up",
        messages=(
            (
                "ngsi/x",
                b'[{"type": "Pole"}, {"id": "pole7", "type": "Pole", "power": {"type": "Property", "value": 40, '
                b'"observedAt": "noon"}, "lux": {"type": "Property", "value": 1e999}, "volt": 230}]',
            ),
            ("ngsi/x", b'"urn:ngsi-ld:nothing"'),
        ),
        readings=(("pole7", "volt", 230.0, None, None),),
        refused=("schema", "time", "not_finite", "schema"),
    ),
]
