"""The first script of a lab's page (guard.js): what must work before marimo's front end, or without it."""

from pathlib import Path

SCRIPT = f"<script>\n{Path(__file__).with_name('guard.js').read_text(encoding='utf-8')}</script>"
