"""The pages around the labs are usable by everyone: axe-core finds nothing in light and in dark, and nothing runs off a narrow page.

The labs themselves are judged at the end of the journey through each of them, in test_labs.py. docs/accessibility.md says
criterion by criterion what both show and what they do not.
"""

from access import overflow, violations


def test_every_page_of_the_site_has_no_violation_and_fits(site, site_folder, context, axe):
    names = sorted(path.name for path in site_folder.glob("*.html"))
    assert {"index.html", "instructors.html", "accessibility.html"} <= set(names)
    page, found = context.new_page(), {}
    for name in names:
        page.goto(f"{site}/{name}")
        found[name] = violations(page, axe) + overflow(page, 320, 600) + overflow(page, 640, 450, zoom=2)
    assert found == dict.fromkeys(names, [])
