"""What the water analytics say. Numbers come with their unit."""

from __future__ import annotations

from typing import Final, Literal

SENTENCES: Final[dict[str, dict[Literal["id", "en"], str]]] = {
    "burst.flow": {
        "id": "{zone}: debit masuk {device} naik {size} dari {before}, dan tekanan turun; diduga pipa pecah.",
        "en": "{zone}: the inflow at {device} rose by {size} from {before}, and pressure fell: likely a burst main.",
    },
    "burst.pressure": {
        "id": "{zone}: tekanan di {device} turun {size} dari {before}, dan debit masuk naik; diduga pipa pecah.",
        "en": "{zone}: pressure at {device} fell by {size} from {before}, and inflow rose; a main has likely burst.",
    },
    "burst.ended": {
        "id": "{zone}: {device} kembali seperti sebelum pipa pecah ({value}).",
        "en": "{zone}: {device} is back to what it was before the burst ({value}).",
    },
    "supply.gone": {
        "id": "{zone}: air tidak mengalir; {device} menunjukkan {value}.",
        "en": "{zone}: no water is coming; {device} reads {value}.",
    },
    "supply.back": {
        "id": "{zone}: air mengalir lagi; {device} menunjukkan {value}.",
        "en": "{zone}: water is coming again; {device} reads {value}.",
    },
    "pressure.low": {
        "id": "{zone}: tekanan di {device} {value}, kurang dari {limit} yang harus ada.",
        "en": "{zone}: pressure at {device} is {value}, less than the {limit} that must be there.",
    },
    "pressure.collapsed": {
        "id": "{zone}: tekanan di {device} anjlok dari {limit} ke {value}.",
        "en": "{zone}: pressure at {device} collapsed from {limit} to {value}.",
    },
    "pressure.high": {
        "id": "{zone}: tekanan di {device} {value}, melebihi {limit} yang boleh untuk pipa.",
        "en": "{zone}: pressure at {device} is {value}, more than the {limit} that the pipe may bear.",
    },
    "pressure.ended": {
        "id": "{zone}: tekanan di {device} kembali normal: {value}.",
        "en": "{zone}: pressure at {device} is as it should be again: {value}.",
    },
    "quality.above": {
        "id": "{quantity} di {device} {value}, di atas baku mutu {limit}.",
        "en": "{quantity} at {device} is {value}, above the standard of {limit}.",
    },
    "quality.below": {
        "id": "{quantity} di {device} {value}, di bawah baku mutu {limit}.",
        "en": "{quantity} at {device} is {value}, below the standard of {limit}.",
    },
    "quality.contaminated": {
        "id": "{zone}: air minum diduga tercemar; {named} di {device} {value}, batasnya {limit}.",
        "en": "{zone}: drinking water is likely contaminated; {named} at {device} is {value}, the limit {limit}.",
    },
    "quality.ended": {
        "id": "{zone}: {named} di {device} kembali {value}, batasnya {limit}.",
        "en": "{zone}: {named} at {device} is back at {value}, the limit {limit}.",
    },
    "nights.leak": {
        "id": "{zone}: debit malam tumbuh menjadi {flow}, biasanya {usual}; diduga kebocoran yang membesar.",
        "en": "{zone}: night flow has grown to {flow}, usually {usual}; a leak is likely growing.",
    },
    "nights.ended": {
        "id": "{zone}: debit malam kembali {flow}, biasanya {usual}.",
        "en": "{zone}: night flow is back at {flow}, usually {usual}.",
    },
    "nights.differ": {
        "id": "{zone}: debit {device} semalam {flow}, padahal menurut meternya sendiri {counted}.",
        "en": "{zone}: flow at {device} last night was {flow}, but {counted} by its own counter.",
    },
    "nights.agree": {
        "id": "{zone}: debit {device} semalam {flow}, cocok lagi dengan meternya ({counted}).",
        "en": "{zone}: flow at {device} last night was {flow}, and agrees with its own counter again ({counted}).",
    },
    "balance.lossy": {
        "id": "{zone}: {share} dari {input} yang masuk kemarin tak berekening; sasaran {target}, ditagih {billed}.",
        "en": "{zone}: {share} of the {input} that went in yesterday is not billed ({billed} is); target {target}.",
    },
    "balance.ended": {
        "id": "{zone}: air tak berekening kemarin {share} dari {input}; sasarannya {target}, ditagih {billed}.",
        "en": "{zone}: non-revenue water was {share} of {input} yesterday; the target is {target}, billed {billed}.",
    },
}
