"""SCORM packages: for each lab and each version of the standard a zip with a manifest, a page and its script.

The page shows the hosted lab in a frame and tells the learning management system how far the student is (scorm.js), so a
package holds no lab and stays valid when the site is updated.
"""

import html
import json
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

from .course import Lab
from .errors import BuildError

HERE = Path(__file__).parent
VERSIONS = {"1.2": "scorm_12.xml", "2004": "scorm_2004.xml"}
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


def write_package(path: Path, lab: Lab, version: str, address: str) -> None:
    """One package; `address` is that of the hosted lab."""
    manifest = (HERE / VERSIONS[version]).read_text(encoding="utf-8").replace("@ID@", html.escape(lab.id)).replace("@TITLE@", html.escape(lab.title))
    files = {"imsmanifest.xml": manifest, "index.html": page(lab, version, address), "scorm.js": (HERE / "scorm.js").read_text(encoding="utf-8")}
    with zipfile.ZipFile(path, "w") as package:
        for name, text in files.items():
            package.writestr(zipfile.ZipInfo(name, SAME_TIME), text.encode(), zipfile.ZIP_DEFLATED)


def page(lab: Lab, version: str, address: str) -> str:
    """The page that the system opens."""
    title, host = html.escape(lab.title), urlsplit(address)
    about = html.escape(json.dumps({"version": version, "lab": lab.id, "address": address}), quote=True)
    policy = f"default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; frame-src {host.scheme}://{host.netloc}"
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
        raise BuildError(f"--scorm needs the address at which the site is hosted, like https://labs.example.org/mlsys/; {address!r} is none.")
    return address if address.endswith("/") else address + "/"
