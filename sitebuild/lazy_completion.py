"""Let marimo start without the code completion of its editor, which a lab never opens.

marimo imports jedi when it starts: half a megabyte, and a quarter of a second. The three places where it does so are
changed in the site's copy; jedi stays importable and is fetched when something asks for it.
"""

from .errors import BuildError

ASLEEP = '''
class _Jedi:
    """jedi, imported at its first use (changed by the builder of this site; marimo imports it at once)."""

    def __getattr__(self, name):
        import jedi
        import jedi.api
        from marimo._runtime.patches import patch_jedi_parameter_completion

        jedi.settings.allow_unsafe_interpreter_executions = False
        patch_jedi_parameter_completion()
        globals()["jedi"] = jedi
        return getattr(jedi, name)


jedi = _Jedi()
'''
CHANGES = (  # file, text that stands there once, text that takes its place
    ("marimo/_runtime/complete.py", "import jedi  # type: ignore\nimport jedi.api  # type: ignore\n", ""),
    ("marimo/_runtime/complete.py", "\njedi.settings.allow_unsafe_interpreter_executions = False\n", ASLEEP),
    ("marimo/_runtime/patches.py", "    import jedi  # type: ignore # noqa: F401\n", ""),
    ("marimo/_utils/docs.py", "        patch_jedi_parameter_completion()\n", "        pass\n"),
)


def without_jedi(files: dict[str, bytes]) -> dict[str, bytes]:
    """marimo's files with these changes; BuildError where its source is not as expected."""
    files = dict(files)
    for path, old, new in CHANGES:
        source = files.get(path, b"").decode()
        if source.count(old) != 1:
            raise BuildError(f"{path} of marimo does not read as sitebuild/lazy_completion.py expects. See how it imports jedi now, and adapt CHANGES.")
        files[path] = source.replace(old, new).encode()
    return files
