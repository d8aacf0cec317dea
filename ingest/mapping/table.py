"""THE table: what others call nadi's quantities and units.

`NAMES`: a row is nadi's quantity, the unit that the names imply (None: nadi's own, as in the native format),
and the names. Case, `_`, `-` and spaces in a name don't matter. Dotted names are looked up whole, then without
their first parts: `ENERGY.Power` is found under `power`. Where a name stands in several rows, the first holds
whose domain is right and whose unit the sent one converts to. What the catalogue says goes before the table.

`CODES`: unit codes of the standards, beside the spellings that `telemetry/units.py` knows.
Sources: SenML units registry (RFC 8428, section 12.1, and RFC 8798); UN/CEFACT Recommendation 20; UCUM 2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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

NAMES: Final[tuple[tuple[str, str, str | None, str], ...]] = (
    # domains, nadi's quantity, unit implied, names
    (
        "*",
        "temperature",
        None,
        "temperature temp air_temperature air_temp airTemp water_temperature ambient_temperature",
    ),
    ("*", "temperature", "degC", "temperature_c temp_c tempC_ds tempC_sht tC temp_celsius external_temperature_c"),
    ("*", "temperature", "degF", "temperature_f temp_f tF temp_fahrenheit"),
    ("*", "temperature", None, "air.temperature water.temperature water.temperature.current"),
    ("*", "humidity", None, "humidity relative_humidity rh hum air.relativeHumidity hum_sht"),
    (
        "*",
        "battery",
        None,
        "battery battery_level batteryLevel bat batt battery_percent battery_pct battery_percentage",
    ),
    ("*", "battery_voltage", None, "battery battery_voltage battery_v bat_v batV vbat bat vbatt"),
    ("*", "battery_voltage", "mV", "battery_mv bat_mv vbat_mv"),
    ("*", "air_pressure", None, "air_pressure air.pressure barometric_pressure barometer atmospheric_pressure"),
    ("*", "wind_speed", None, "wind_speed wind.speed"),
    ("*", "wind_direction", None, "wind_direction wind.direction"),
    ("*", "rssi", None, "rssi"),
    ("*", "snr", None, "snr lora_snr"),
    ("energy", "power", None, "power active_power instantaneous_power total_power"),
    ("energy", "power", "W", "apower act_power total_act_power power_w watts active_power_w"),
    ("energy", "power", "kW", "power_kw active_power_kw current_power_consumption_kw"),
    ("energy", "energy", None, "energy energy.total total_energy active_energy total"),
    ("energy", "energy", "Wh", "aenergy.total energy_wh total_act_energy"),
    ("energy", "energy", "kWh", "energy_kwh total_kwh total_energy_consumption_kwh kwh"),
    ("energy", "voltage", None, "voltage volt volts voltage_v mains_voltage"),
    ("energy", "current", None, "current amps current_a ampere"),
    ("energy", "current", "mA", "current_ma"),
    ("energy", "frequency", None, "frequency freq ac_frequency line_frequency grid_frequency frequency_hz"),
    ("energy", "power_factor", None, "power_factor pf cos_phi energy.factor"),
    ("energy", "thd", None, "thd total_harmonic_distortion"),
    ("*", "apparent_power", None, "apparent_power"),
    ("*", "apparent_power", "VA", "aprtpower aprt_power apparent_power_va"),
    ("*", "reactive_power", None, "reactive_power"),
    ("water", "flow", None, "flow flow_rate water_flow volume_flow discharge"),
    ("water", "flow", "m3/h", "flow_m3h volume_flow_m3h flow_rate_m3h"),
    ("water", "flow", "L/min", "flow_lpm flow_rate_lpm"),
    ("water", "pressure", None, "pressure water_pressure"),
    ("water", "volume", None, "volume water_volume total_volume water_consumption water_meter total"),
    ("water", "volume", "m3", "total_m3 volume_m3 water_m3"),
    ("water", "volume", "L", "volume_l total_l total_liters total_litres"),
    ("water", "level", None, "level water_level tank_level"),
    ("water", "turbidity", None, "turbidity"),
    ("water", "ph", None, "ph"),
    ("water", "chlorine", None, "chlorine free_chlorine residual_chlorine"),
    ("waste", "fill", None, "fill fill_level filling level"),
    ("waste", "fill", "1", "filling_level"),
    ("waste", "weight", None, "weight mass"),
    ("waste disaster", "tilt", None, "tilt inclination tilt_angle"),
    ("disaster", "river_level", None, "river_level water_level level stage current_level"),
    ("disaster", "rainfall", None, "rainfall rain precipitation rain_fall"),
    ("disaster", "pga", None, "pga peak_ground_acceleration"),
    ("disaster", "displacement", None, "displacement"),
    ("disaster", "soil_moisture", None, "soil_moisture soil.moisture soil_moisture_vwc vwc"),
    ("disaster", "pm25", None, "pm25 pm2_5 pm2.5"),
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
    KGM=kg GRM=g MGM=mg TNE=t LBR=lb MSK=m/s2 M38=cm/s2
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


class Known(NamedTuple):
    """A quantity that a name may stand for."""

    quantity: str
    implied: str | None
    """The unit that the name implies."""
    own: bool = False
    """The name is nadi's own, to the letter."""


def plain(name: str) -> str:
    """One way to write what is the same name."""
    return re.sub(r"[_\- ]", "", name).casefold()


def _by_name() -> dict[str, list[tuple[frozenset[str], Known]]]:
    found: dict[str, list[tuple[frozenset[str], Known]]] = {}
    for domains, quantity, implied, names in NAMES:
        for name in names.split():
            entry = Known(quantity, implied)
            found.setdefault(plain(name), []).append((frozenset(domains.split()), entry))
    return found


_BY_NAME: Final = _by_name()


def candidates(domain: str | None, key: str) -> Iterator[tuple[str, Known]]:
    """(domain, quantity) for which `key` may stand in `domain`, the likeliest first; "" where no domain of the
    contract has the quantity. domain: None for any."""
    parts = plain(key).split(".")
    for start in range(len(parts)):
        for domains, found in _BY_NAME.get(".".join(parts[start:]), ()):
            if key == found.quantity:
                found = found._replace(own=True)
            if "*" in domains:
                yield home(found.quantity, domain), found
            elif domain is None:
                yield home(found.quantity, None), found
            elif domain in domains:
                yield domain, found


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
