"""How good the anomaly engine is: labelled synthetic series, scoring, and the rules it is compared with."""
