"""Observations as the standard and FROST-Server's documentation show them."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

OGC = "OGC 18-088, SensorThings API Part 1: Sensing 1.1"
FROST = "FROST-Server documentation, Expanding Entities in MQTT (github.com/FraunhoferIOSB/FROST-Server)"

EXAMPLES = [
    Example(
        name="an Observation created by MQTT",
        source=f"{OGC}, clause 14.1 (and 10.2, Observation with its Datastream)",
        messages=(
            (
                "v1.1/Observations",
                b"""{
  "phenomenonTime": "2017-02-07T18:02:00.000Z",
  "resultTime": "2017-02-07T18:02:05.000Z",
  "result": 21.6,
  "Datastream": {"@iot.id": 10}
}""",
            ),
            (
                "v1.1/Datastreams(10)/Observations",
                b'{"phenomenonTime": "2017-02-07T18:03:00.000Z", "result": 21.7}',
            ),
        ),
        readings=(
            ("Datastreams(10)", "result", 21.6, None, 1486490520000),
            ("Datastreams(10)", "result", 21.7, None, 1486490580000),
        ),
        note="Payload and topic name the same Datastream, so both are one series.",
    ),
    Example(
        name="an Observation published to a subscriber",
        source="OGC 15-078r6, SensorThings API 1.0, clause 8.2.7, example of an Observation",
        messages=(
            (
                "v1.0/Datastreams(1)/Observations",
                b"""{
  "@iot.id": 1,
  "@iot.selfLink": "http://example.org/v1.0/Observations(1)",
  "FeatureOfInterest@iot.navigationLink": "Observations(1)/FeatureOfInterest",
  "Datastream@iot.navigationLink": "Observations(1)/Datastream",
  "phenomenonTime": "2014-12-31T11:59:59.00+08:00",
  "resultTime": "2014-12-31T11:59:59.00+08:00",
  "result": 70.4
}""",
            ),
        ),
        readings=(("Datastreams(1)", "result", 70.4, None, 1419998399000),),
    ),
    Example(
        name="the dataArray extension",
        source=f"{OGC}, clause 13.2, CreateObservations",
        messages=(
            (
                "v1.1/CreateObservations",
                b"""[
  {
    "Datastream": {"@iot.id": 1},
    "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
    "dataArray@iot.count": 2,
    "dataArray": [
      ["2010-12-23T10:20:00-0700", 20, 1],
      ["2010-12-23T10:21:00-0700", 30, 1]
    ]
  },
  {
    "Datastream": {"@iot.id": 2},
    "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
    "dataArray@iot.count": 2,
    "dataArray": [
      ["2010-12-23T10:20:00-0700", 65, 1],
      ["2010-12-23T10:21:00-0700", 60, 1]
    ]
  }
]""",
            ),
        ),
        readings=(
            ("Datastreams(1)", "result", 20.0, None, 1293124800000),
            ("Datastreams(1)", "result", 30.0, None, 1293124860000),
            ("Datastreams(2)", "result", 65.0, None, 1293124800000),
            ("Datastreams(2)", "result", 60.0, None, 1293124860000),
        ),
    ),
    Example(
        name="a Thing expanded down to its latest Observations",
        source=FROST,
        messages=(
            (
                "v1.1/Things",
                b"""{
  "description" : "camping lantern",
  "@iot.id" : 17,
  "Datastreams" : [
    {
      "description" : "Temperature measurement",
      "@iot.id" : 19,
      "Observations": [{"phenomenonTime": "2020-04-10T16:00:00.000Z", "result": 4.6}],
      "Observations@iot.count": 11179
    },
    {
      "description" : "Humidity measurement",
      "@iot.id" : 21,
      "Observations": [{"phenomenonTime": "2020-04-10T16:00:00.000Z", "result": 40.5}],
      "Observations@iot.count": 19938
    }
  ]
}""",
            ),
        ),
        readings=(
            ("Datastreams(19)", "result", 4.6, None, 1586534400000),
            ("Datastreams(21)", "result", 40.5, None, 1586534400000),
        ),
    ),
    Example(
        name="an Observation with its Datastream expanded",
        source=f"made up after {OGC}, clause 8.2 and $expand",
        messages=(
            (
                "v1.1/Observations",
                b'{"phenomenonTime": "2016-06-22T15:00:00+02:00/2016-06-22T15:21:31+02:00", "resultTime": null, '
                b'"result": 21.5, "Datastream": {"@iot.id": "a7", "name": "Air temperature, roof", '
                b'"unitOfMeasurement": {"name": "Celsius", "symbol": "\xc2\xb0C", "definition": "ucum:Cel"}, '
                b'"ObservedProperty": {"name": "Air Temperature"}, "Thing": {"name": "Town hall"}}}',
            ),
        ),
        readings=(("Datastreams('a7')", "Air Temperature", 21.5, "°C", 1466601691000),),
        note="Of the interval the end is taken. `Town hall` becomes the label `thing`.",
    ),
    Example(
        name="a MultiDatastream, and results that are objects",
        source=f"made up after {OGC}, clause 12, MultiDatastream extension",
        messages=(
            (
                "v1.1/Observations",
                b'{"phenomenonTime": "2024-04-13T19:57:08Z", "result": [3.5, null, 80], "MultiDatastream": '
                b'{"@iot.id": 11, "ObservedProperties": [{"name": "wspeed"}, {"name": "wgust"}, {"name": "humidity"}], '
                b'"unitOfMeasurements": [{"symbol": "m/s"}, {"symbol": "m/s"}, {"name": "percent", "symbol": "%"}]}}',
            ),
            ("v1.1/MultiDatastreams(11)/Observations", b'{"resultTime": "2024-04-13T19:58:08Z", "result": [3.5, 80]}'),
            ("v1.1/Datastreams(12)/Observations", b'{"result": {"air": {"pm25": 12, "ok": true}, "note": "haze"}}'),
        ),
        readings=(
            ("MultiDatastreams(11)", "wspeed", 3.5, "m/s", 1713038228000),
            ("MultiDatastreams(11)", "humidity", 80.0, "%", 1713038228000),
            ("MultiDatastreams(11)", "result.0", 3.5, None, 1713038288000),
            ("MultiDatastreams(11)", "result.1", 80.0, None, 1713038288000),
            ("Datastreams(12)", "result.air.pm25", 12.0, None, None),
        ),
        note="An Observation without any time gets that of arrival, as the standard lets a server do.",
    ),
    Example(
        name="what is refused",
        source="made up",
        messages=(
            ("v1.1/Observations", b'{"result": 1, "Datastream@iot.navigationLink": "Observations(5)/Datastream"}'),
            ("v1.1/Datastreams(1)/Observations", b'{"phenomenonTime": "noon", "result": 1}'),
            (
                "v1.1/CreateObservations",
                b'[{"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime", "result"], '
                b'"dataArray": [["2010-12-23T10:20:00Z"], '
                b'["2010-12-23T10:20:00Z", 1e999], ["2010-12-23T10:20:00Z", 3]]}]',
            ),
        ),
        readings=(("Datastreams(1)", "result", 3.0, None, 1293099600000),),
        refused=("schema", "time", "schema", "not_finite"),
        note="The link names the Observation's own Datastream, not which one it is; the topic does not either.",
    ),
]
