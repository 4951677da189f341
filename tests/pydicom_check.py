"""Opens every image of a case package with pydicom, an independent reader, and compares it with its source.

Usage: pydicom_check.py PACKAGE SOURCE OPTION...
Prints one JSON document: files opened, images whose pixels are in the source, codes, and where the source allows it uptake factor and b-values.
Pixels are compared as stored values by their SHA-256: a package's images have new names, so each must be the image of some source file.
"""
import hashlib
import json
import math
import pathlib
import sys
from datetime import datetime, timedelta

import numpy
import pydicom

PROFILE = {"patient-characteristics": "113108", "modified-dates": "113107", "safe-private": "113111"}


def digest(data):
    stored = data.pixel_array
    return hashlib.sha256(numpy.ascontiguousarray(stored.astype("<i4")).tobytes()).hexdigest()


def moment(day, time):
    return datetime.strptime(str(day) + str(time).split(".")[0].ljust(6, "0"), "%Y%m%d%H%M%S") + timedelta(
        seconds=float("0." + str(time).split(".")[1]) if "." in str(time) else 0
    )


def uptake(data):
    """Grams per millilitre for each Bq/ml, to the series' time (QIBA)."""
    tracer = data.RadiopharmaceuticalInformationSequence[0]
    start = moment(data.SeriesDate, data.SeriesTime)
    injected = tracer.get("RadiopharmaceuticalStartDateTime") or ""
    if len(str(injected)) >= 14:
        injected = moment(str(injected)[:8], str(injected)[8:])
    else:
        injected = moment(data.SeriesDate, tracer.RadiopharmaceuticalStartTime)
    decayed = float(tracer.RadionuclideTotalDose) * 2 ** (-(start - injected).total_seconds() / float(tracer.RadionuclideHalfLife))
    return float(data.PatientWeight) * 1000 / decayed


def files(folder):
    return [p for p in sorted(pathlib.Path(folder).rglob("*")) if p.is_file() and p.suffix != ".json"]


def main():
    package, source, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    before = {}
    factors, bvalues = [], []
    for path in files(source):
        data = pydicom.dcmread(path, force=True)
        if "PixelData" not in data:
            continue
        before[digest(data)] = data
    wanted = sorted(["113100"] + [PROFILE[o] for o in options])
    opened = 0
    wrong = []
    for path in sorted(pathlib.Path(package).glob("*.dcm")):
        data = pydicom.dcmread(path)
        opened += 1
        twin = before.get(digest(data))
        if twin is None:
            wrong.append("pixels of no source image")
            continue
        if data.PatientIdentityRemoved != "YES":
            wrong.append("identity removed")
        if sorted(c.CodeValue for c in data.DeidentificationMethodCodeSequence) != wanted:
            wrong.append("codes")
        if any(c.CodingSchemeDesignator != "DCM" for c in data.DeidentificationMethodCodeSequence):
            wrong.append("scheme")
        if any(e.tag.is_private for e in data) and "safe-private" not in options:
            wrong.append("private")
        if str(data.PatientName) or data.PatientID:
            wrong.append("a person")
        if data.SOPInstanceUID == twin.get("SOPInstanceUID"):
            wrong.append("UID")
        if data.Modality == "PT" and {"patient-characteristics", "modified-dates"} <= set(options):
            a, b = uptake(twin), uptake(data)
            factors.append(abs(a / b - 1))
            if not math.isclose(a, b, rel_tol=1e-6):
                wrong.append(f"uptake {a} {b}")
            if data.SeriesDate == twin.SeriesDate:
                wrong.append("date")
        if "DiffusionBValue" in twin:
            bvalues.append(float(twin.DiffusionBValue))
            if float(data.DiffusionBValue) != bvalues[-1]:
                wrong.append("b-value")
    print(json.dumps({"opened": opened, "source_images": len(before), "wrong": sorted(set(wrong)), "uptake": len(factors), "b_values": len(bvalues)}))


main()
