"""How well a pipeline told what happened: its reports beside the truth.

- report.py     what a pipeline reported; JSON lines
- naive.py      anomalies as reports, where there are no incidents
- answers.py    which incident answers which event: tables
- matching.py   which report is about which event: the rules
- figures.py    recall, precision, delays, and the rest
- table.py      as tables on a terminal or in a page
- picture.py    as a picture: a time line of truth above reports
"""
