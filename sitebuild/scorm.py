"""SCORM packages: for each lab and each version of the standard a zip with a manifest, a page and its script.

The page shows a lab in a frame and tells the learning management system how far the student is (scorm.js). Here it is the
hosted lab, so a package holds no lab and stays valid when the site is updated; scorm_self.py puts the lab into the zip.
"""

import html
import json
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from .course import Lab
from .errors import BuildError

HERE = Path(__file__).parent
VERSIONS = {"1.2": "scorm_12.xml", "2004": "scorm_2004.xml"}
SELF = "self"  # in place of an address: packages with the lab inside
SAME_TIME = (1980, 1, 1, 0, 0, 0)  # of every file, so that the same lab gives the same bytes


def write_packages(site: Path, labs: list[Lab], address: str) -> int:
    """Write `scorm/<lab>.<version>.zip` into a site that will be hosted at `address`; how many."""
    hosted = checked_address(address)
    folder = site / "scorm"
    folder.mkdir()
    for lab in labs:
        for version in VERSIONS:
            write_package(folder / f"{lab.id}.{version}.zip", lab, version, f"{hosted}labs/{lab.path}.html?embed=1")
    return len(labs) * len(VERSIONS)


def write_package(path: Path, lab: Lab, version: str, address: str, whole: Path | None = None) -> None:
    """One package; `address` is that of the hosted lab, or its place in the zip `whole` that the package goes on from."""
    texts = {"index.html": page(lab, version, address), "scorm.js": (HERE / "scorm.js").read_text(encoding="utf-8")}
    if whole:
        shutil.copyfile(whole, path)
    with zipfile.ZipFile(path, "a" if whole else "w") as package:
        files = [*texts, *package.namelist()]
        add(package, "imsmanifest.xml", manifest(lab, version, files).encode())
        for name, text in texts.items():
            add(package, name, text.encode())


def add(package: zipfile.ZipFile, name: str, data: bytes, pack: bool = True) -> None:
    """Add a file, with the time that all have."""
    package.writestr(zipfile.ZipInfo(name, SAME_TIME), data, zipfile.ZIP_DEFLATED if pack else zipfile.ZIP_STORED)


def manifest(lab: Lab, version: str, files: list[str]) -> str:
    """The manifest of one lab as the only SCO, which has these files."""
    listed = "\n      ".join(f'<file href="{html.escape(name, quote=True)}"/>' for name in files)
    text = (HERE / VERSIONS[version]).read_text(encoding="utf-8")
    return text.replace("@ID@", html.escape(lab.id)).replace("@TITLE@", html.escape(lab.title)).replace("@FILES@", listed)


def page(lab: Lab, version: str, address: str) -> str:
    """The page that the system opens."""
    title, host = html.escape(lab.title), urlsplit(address)
    origin = f"{host.scheme}://{host.netloc}" if host.netloc else "'self'"
    about = html.escape(json.dumps({"version": version, "lab": lab.id, "address": address}), quote=True)
    policy = f"default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src {origin}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html,body{{height:100%;margin:0}}body{{display:flex;flex-direction:column;color-scheme:light dark;font:1rem/1.4 system-ui,sans-serif}}
#said{{margin:0;padding:.3rem .8rem}}iframe{{flex:1;width:100%;border:0}}</style>
</head>
<body>
<p id="said" role="status">The lab is loading.</p>
<iframe title="{title}" allow="clipboard-write"></iframe>
<script src="scorm.js" data-about="{about}"></script>
</body>
</html>
"""


def checked_address(address: str) -> str:
    """The site's address with a slash at its end.

    >>> checked_address("https://labs.example.org/mlsys")
    'https://labs.example.org/mlsys/'
    """
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment or any(c in address for c in " ;,'\"<>"):
        raise BuildError(f"--scorm needs the address at which the site is hosted, like https://labs.example.org/mlsys/, or self; {address!r} is neither.")
    return address if address.endswith("/") else address + "/"
