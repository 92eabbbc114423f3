"""What somebody may type, or a file may hold, where the labs ask for words or a name."""

TEXTS = {
    "HTML": "<b>bold</b> & <img src=x onerror=\"window.caught = 'image'\"> &lt;i&gt; <!-- c --> </textarea></p></div>",
    "a script": "<script>window.caught = 'script'</script><svg onload=\"window.caught='svg'\"><iframe srcdoc='<script>parent.caught=1</script>'>",
    "an attribute": "\"' onfocus='window.caught=1' autofocus x='",
    "a marimo element": "<marimo-ui-element object-id='x'><marimo-button data-initial-value='0'></marimo-button></marimo-ui-element>",
    "Markdown": "# Title **bold** _soft_ [link](javascript:window.caught=1) ![x](x) `code` ~~gone~~ | a | b |\n---\n1. one\n- two\n> three\n```\nfour",
    "formulas": "$x^2$ \\(y\\) ||(z)|| $$w$$ \\begin{x}",
    "a template": "{0} {name} {{x}} %s %(x)s ${x} #{x}",
    "a spreadsheet formula": "=HYPERLINK(\"http://example.invalid\",\"A1\")",
    "another, behind a semicolon": "Ada;=1+1;@SUM(A1)",
    "another, behind what is invisible": "\u200b\ufeff +1+1",
    "right to left": "שלום \u202eabc\u202c עולם \u2067def \u200fghi",
    "never ended": "\u202e\u2066\u202b backwards",
    "controls": "a\0b\x07c\x1b[31md\x7fe\u2028f\u2029g\rh\ni\tj",
    "half a character": "\ud83d and \udc00",
    "joined and decomposed": "e\u0301 Å ﷺ 👩‍👩‍👧‍👦🏳️‍🌈 Z̸̢͐a̷l̵g̶o̷",
    "100 kB of emoji": "🙂" * 25_000,
}
