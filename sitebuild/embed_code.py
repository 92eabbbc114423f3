"""The form on the instructors' page that writes the HTML of an embedded lab; embed_code.js fills it in."""

import html

from .course import Lab

MARK = "<!-- embed code -->"  # where it stands in docs/instructors.md
SCRIPT = "embed_code.js"


def form(labs: list[Lab]) -> str:
    """The form: which lab, which frame, and the HTML to copy."""
    options = "".join(f'<option value="{html.escape(lab.path)}">{html.escape(f"{lab.volume}.{lab.id[4:6]} {lab.title}")}</option>' for lab in labs)
    return f"""<form id="embed" class="embed" hidden>
<p><label>Lab <select name="lab">{options}</select></label></p>
<p><label><input type="checkbox" name="high" checked> The page may run a script: the frame grows with the lab</label></p>
<p><label><input type="checkbox" name="sandbox"> Restrict the frame (sandbox)</label></p>
<p><label for="embed-code">HTML for your page</label></p>
<textarea id="embed-code" name="code" rows="13" readonly spellcheck="false"></textarea>
<p><button type="button" name="copy">Copy</button> <span role="status"></span></p>
</form>
<script src="{SCRIPT}"></script>"""
