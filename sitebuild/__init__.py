"""How the static site is made: the pinned runtime, the exported labs, the pages around them.

`build.build_site` puts the rooms together; nothing here runs in the browser.
"""
