"""THE table: what others call nadi's quantities and units.

`NAMES`: a row is nadi's quantity, the unit that the names imply (None: nadi's own, as in the native format),
and the names. Case, `_`, `-` and spaces in a name don't matter. Names of several parts (after a dot, slash or #)
are looked up whole, then without their first parts: `ENERGY.Power` is found under `power`, unless what goes says
that it is another thing (`QUALIFIERS`). Numbers among the parts are left out where they have no row of their own.
A name that begins with ^ is only found whole. Where a name stands in several rows, the first holds whose domain
is right and whose unit the sent one converts to; then the first of another domain, if a unit was sent that fits.
What the catalogue says goes before the table.

One device's quantity goes by one name. Of several in a message the highest row has it; where two share that row
(`emeters.0.power`, `emeters.1.power`) none has it, and all keep the names that they came with.

`CODES`: unit codes of the standards, beside the spellings that `telemetry/units.py` knows.
Sources: SenML units registry (RFC 8428, section 12.1, and RFC 8798); UN/CEFACT Recommendation 20; UCUM 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from telemetry.units import CANONICAL

EXTRA: Final[dict[str, str]] = {
    "humidity": "%",
    "battery": "%",
    "battery_voltage": "V",
    "apparent_power": "kVA",
    "reactive_power": "kvar",
    "air_pressure": "hPa",
    "wind_speed": "m/s",
    "wind_direction": "deg",
    "rssi": "dBm",
    "snr": "dB",
}
"""Quantities beyond the contract's that most devices send, and the unit that they are brought to."""

BATTERIES: Final = frozenset(("battery", "bat", "batt"))
"""Names that without a unit may mean per cent, V or mV. A whole number up to 100 is per cent and one of MILLIVOLTS
or more is mV; of any other, as 12.5 or 255, nobody can tell: it keeps its name, without a unit. The first value of
a series decides."""
MILLIVOLTS: Final = 1000.0

NO_COUNTERS: Final = frozenset(("emeter.energy", "emeters.energy", "emeter.returnedenergy", "emeters.returnedenergy"))
"""Energy that begins anew every minute or so (Shelly's EM); what counts is `total` beside it."""

_WORDS: Final = """
    min max mean avg average std peak ret return returned reverse retaenergy backflow
    target setpoint set limit threshold alarm offset correction calibration previous last yesterday today
"""
QUALIFIERS: Final = frozenset(_WORDS.split())
"""Parts of a name before which a quantity is not the present value of it."""

NAMES: Final[tuple[tuple[str, str, str | None, str], ...]] = (
    # domains, nadi's quantity, unit implied, names
    ("*", "temperature", None, "temperature temp air_temperature air_temp water_temperature ambient_temperature"),
    ("*", "temperature", None, "temperature_sensor external_temperature water.temperature.current"),
    ("*", "temperature", "degC", "temperature_c temp_c tempC_ds tempC_sht tC temp_celsius external_temperature_c"),
    ("*", "temperature", "degF", "temperature_f temp_f tF temp_fahrenheit"),
    ("*", "humidity", None, "humidity relative_humidity rh hum hum_sht humidity_sensor relative_humidity_rh"),
    ("*", "battery", None, "battery battery_level battery_percent battery_pct battery_percentage bat batt"),
    ("*", "battery", None, "battery.percent last_battery_percentage.value"),
    ("*", "battery_voltage", None, "battery_voltage battery_v bat_v vbat vbatt battery.v battery bat batt"),
    ("*", "battery_voltage", "mV", "battery_mv bat_mv vbat_mv"),
    ("*", "air_pressure", None, "air_pressure air.pressure barometric_pressure barometer atmospheric_pressure"),
    ("*", "wind_speed", None, "wind_speed wind.speed"),
    ("*", "wind_direction", None, "wind_direction wind.direction"),
    ("*", "rssi", None, "rssi rssi_dbm"),
    ("*", "snr", None, "snr lora_snr"),
    ("energy", "power", None, "total_power power active_power instantaneous_power"),
    ("energy", "power", "W", "total_act_power"),
    ("energy", "power", "W", "apower act_power power_w watts active_power_w"),
    ("energy", "power", "kW", "power_kw active_power_kw current_power_consumption_kw"),
    ("energy", "energy", None, "energy.total total_energy emeter.total emeters.total meters.total ^total"),
    ("energy", "energy", None, "energy active_energy"),
    ("energy", "energy", "Wh", "total_act_energy total_act aenergy.total energy_wh"),
    ("energy", "energy", "kWh", "total_kwh total_energy_consumption_kwh energy_kwh kwh"),
    ("energy", "energy", "MJ", "total_mj"),
    ("energy", "voltage", None, "voltage volt volts voltage_v mains_voltage"),
    ("energy", "current", None, "current amps current_a ampere"),
    ("energy", "current", "mA", "current_ma"),
    ("energy", "frequency", None, "frequency freq ac_frequency line_frequency grid_frequency frequency_hz"),
    ("energy", "power_factor", None, "power_factor pf cos_phi energy.factor"),
    ("energy", "thd", None, "thd total_harmonic_distortion"),
    ("*", "apparent_power", None, "apparent_power"),
    ("*", "apparent_power", "VA", "total_aprt_power aprt_power apparent_power_va"),
    ("*", "reactive_power", None, "reactive_power"),
    ("water", "flow", None, "flow flow_rate water_flow volume_flow discharge"),
    ("water", "flow", "m3/h", "flow_m3h volume_flow_m3h flow_rate_m3h"),
    ("water", "flow", "L/min", "flow_lpm flow_rate_lpm"),
    ("water", "pressure", None, "pressure water_pressure"),
    ("energy waste disaster", "air_pressure", None, "pressure"),
    ("water", "volume", None, "total_volume volume water_volume water_consumption water_meter ^total"),
    ("water", "volume", "m3", "total_m3 total_volume_m3 volume_m3 water_m3"),
    ("water", "volume", "L", "total_l total_liters total_litres volume_l"),
    ("water", "level", None, "level water_level tank_level"),
    ("water", "turbidity", None, "turbidity"),
    ("water", "ph", None, "ph"),
    ("water", "chlorine", None, "chlorine free_chlorine residual_chlorine"),
    ("waste", "fill", None, "fill fill_level level"),
    ("waste", "fill", "1", "filling_level bin_filling_level"),
    ("waste", "fill", "1", "filling"),
    ("waste", "weight", None, "weight mass"),
    ("waste disaster", "tilt", None, "tilt inclination tilt_angle"),
    ("disaster", "river_level", None, "river_level water_level level stage current_level"),
    ("disaster", "rainfall", None, "rainfall rain precipitation"),
    ("disaster", "pga", None, "pga peak_ground_acceleration"),
    ("disaster", "displacement", None, "displacement"),
    ("disaster", "soil_moisture", None, "soil_moisture soil.moisture soil_moisture_vwc vwc"),
    ("disaster", "pm25", None, "pm25 pm2.5"),
    ("disaster", "pm10", None, "pm10"),
    ("disaster", "tide", None, "tide tide_level sea_level"),
)


def _codes(text: str) -> dict[str, str]:
    """`code=unit code=unit` by code."""
    return dict(pair.rsplit("=", 1) for pair in text.split())


_SENML: Final = _codes("""
    Cel=degC /=1 /100=% %RH=% %EL=% l=L l/s=L/s lx=lx
    C=coulomb F=farad B=bel T=tesla H=henry S=siemens N=newton g/m=g/m
""")
"""The last line: letters that mean something else in nadi's own spellings."""
_UCUM: Final = _codes("""
    Cel=degC [degF]=degF deg=deg [pH]=pH {NTU}=NTU [NTU'U]=NTU {ratio}=1
    kW.h=kWh W.h=Wh MW.h=MWh J/s=W V.A=VA kV.A=kVA
    m3.h-1=m3/h m3.s-1=m3/s L.s-1=L/s l.s-1=L/s L.min-1=L/min l.min-1=L/min m.s-1=m/s
    [psi]=psi m[H2O]=mH2O cm[H2O]=cmH2O mm[Hg]=mmHg
    [in_i]=in [in_us]=in [ft_i]=ft [gal_us]=gal [gal_us]/min=GPM [lb_av]=lb [mi_i]/h=mph [kn_i]=kn
    ug.m-3=ug/m3 mg.L-1=mg/L mg.l-1=mg/L m.s-2=m/s2 cm.s-2=cm/s2 [g]=g [ppm]=ppm [ppb]=ppb
""")
_UNECE: Final = _codes("""
    CEL=degC FAH=degF KEL=K P1=% C62=1 DD=deg C81=rad Q30=pH
    MTR=m CMT=cm MMT=mm KMT=km 4H=um INH=in FOT=ft
    MTQ=m3 LTR=L MLT=mL GLL=gal FTQ=ft3
    G51=L/s L2=L/min E32=L/h MQS=m3/s G53=m3/min MQH=m3/h G52=m3/d
    KPA=kPa PAL=Pa A97=hPa MPA=MPa BAR=bar MBR=mbar ATM=atm PS=psi
    KWT=kW WTT=W C31=mW MAW=MW KVA=kVA D46=VA KVR=kvar D44=var
    KWH=kWh WHR=Wh MWH=MWh JOU=J KJO=kJ 3B=MJ
    VLT=V 2Z=mV KVT=kV AMP=A 4K=mA B22=kA HTZ=Hz KHZ=kHz
    KGM=kg GRM=g MGM=mg TNE=t LBR=lb MSK=m/s2 M39=cm/s2 A76=cm/s2
    GQ=ug/m3 GP=mg/m3 M1=mg/L 59=ppm 61=ppb LUX=lx
    MTS=m/s KMH=km/h KNT=kn HM=mph 2N=dB DBM=dBm
""")
CODES: Final[dict[str, tuple[Mapping[str, str], ...]]] = {
    "senml-json": (_SENML,),
    "senml-cbor": (_SENML,),
    "ngsi-ld": (_UNECE, _UCUM),
    "sensorthings": (_UCUM, _UNECE),
}
"""By format, in the order in which they are asked; for other formats UCUM, beside nadi's spellings."""
_OTHERS: Final = (_UCUM,)

IMPLIED: Final[dict[str, Mapping[str, str]]] = {
    "ngsi-ld": {"relativeHumidity": "1", "batteryLevel": "1", "rssi": "1"},
}
"""By format: names that its standard gives another unit than the rows above do. Smart Data Models (WeatherObserved,
AirQualityObserved, Device) count these from 0 to 1."""


class Known(NamedTuple):
    """A quantity that a name may stand for."""

    quantity: str
    implied: str | None
    """The unit that the name implies."""
    rank: int
    """The row of the table, or -1 where the name is nadi's own, to the letter."""
    at_home: bool
    """The quantity is one of the domain that was asked for."""


class _Row(NamedTuple):
    domains: frozenset[str]
    quantity: str
    implied: str | None
    rank: int


def plain(name: str) -> str:
    """One way to write what is the same name."""
    return re.sub(r"[_\- ]", "", name).casefold().replace("/", ".").replace("#", ".")


def _by_name() -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for rank, (domains, quantity, implied, names) in enumerate(NAMES):
        for name in names.split():
            row = _Row(frozenset(domains.split()), quantity, implied, rank)
            found.setdefault(plain(name), []).append(row)
    return found


_BY_NAME: Final = _by_name()
QUANTITIES: Final = frozenset(quantity for _, quantity, _, _ in NAMES)
"""That one or another name may stand for."""
_MAX_PARTS: Final = 4
"""Of a dotted name that are looked at, from its end."""


def candidates(domain: str | None, key: str) -> list[Known]:
    """What `key` may stand for, the likeliest first; what is at home in `domain` before all else. domain: None
    for any."""
    parts = plain(key).split(".")[-_MAX_PARTS:]
    if ".".join(part for part in parts if not part.isdecimal()) in NO_COUNTERS:
        return []
    rows = _rows(parts) or _rows([part for part in parts if not part.isdecimal()])
    found = []
    for row in rows:
        at_home = domain is None or domain in row.domains or "*" in row.domains
        found.append(Known(row.quantity, row.implied, -1 if key == row.quantity else row.rank, at_home))
    return sorted(found, key=lambda known: not known.at_home)


def _rows(parts: list[str]) -> list[_Row]:
    found = list(_BY_NAME.get("^" + ".".join(parts), ()))
    for start in range(len(parts)):
        found += _BY_NAME.get(".".join(parts[start:]), ())
        if parts[start] in QUALIFIERS:
            break
    return found


def home(quantity: str, domain: str | None) -> str:
    """`domain`; where it is None the first that has the quantity, or ""."""
    return domain or next((name for name, other in CANONICAL if other == quantity), "")


def spelling(form: str, unit: str) -> str:
    """A unit of a format in nadi's spelling; as it is where neither the table nor nadi knows it."""
    tables = CODES.get(form, _OTHERS)
    for codes in tables:
        if unit in codes:
            return codes[unit]
    return unit
