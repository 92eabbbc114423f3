"""The one exception that the builder raises on purpose: its text is a sentence for the person at the terminal."""


class BuildError(Exception):
    """The build cannot go on. The message says what happened and what to do."""


def missing_tool(tool: str, debian: str, macos: str) -> BuildError:
    """A tool that the build needs is not installed.

    >>> str(missing_tool("npm", "sudo apt-get install npm", "brew install node"))
    'npm is not installed. On Debian: sudo apt-get install npm. On macOS: brew install node.'
    """
    return BuildError(f"{tool} is not installed. On Debian: {debian}. On macOS: {macos}.")
