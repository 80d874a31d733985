# SPDX-License-Identifier: MIT
"""How a run is told: to a person, as JSON lines, as JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.text import Text

from wg_host.errors import AccessDenied, UsageError
from wg_host.verify.ladder import advice, ladder
from wg_host.verify.model import Check, Result, Status, proved

_STYLE = {Status.PASS: "green", Status.FAIL: "bold red", Status.SKIP: "yellow"}
_RUNG_STYLE = {"holds": "green", "broken": "bold red", "not reached": "yellow"}


class HumanReport:
    """A line a check, and on a terminal a bar with the check that is being made."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("", total=total)

    def __enter__(self) -> HumanReport:
        self._progress.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._progress.stop()

    def begin(self, check: Check) -> None:
        """Shows what is being checked."""
        self._progress.update(self._task, description=check.title)

    def result(self, result: Result) -> None:
        """Prints a line."""
        line = Text(f"{result.status.value.upper():4}", style=_STYLE[result.status])
        line.append(f"  {result.check.title}", style="default")
        line.append(f": {result.detail}", style="default")
        self._progress.console.print(line, soft_wrap=True)
        self._progress.advance(self._task)


class SilentReport:
    """For JSON: an object a check."""

    def __init__(self, emit: Any) -> None:
        self._emit = emit

    def __enter__(self) -> SilentReport:
        return self

    def __exit__(self, *unused: object) -> None:
        pass

    def begin(self, check: Check) -> None:
        """Announces a check."""
        self._emit("begin", check=check.name)

    def result(self, result: Result) -> None:
        """Its result."""
        self._emit("check", **result.as_dict())


def print_ladder(console: Console, results: list[Result]) -> None:
    """The ladder from the bottom up, the verdict, and advice if a rung is broken."""
    console.print()
    for step in ladder(results):
        line = Text(f"{step.rung.value:10}")
        line.append(step.state, style=_RUNG_STYLE.get(step.state, "default"))
        if step.passed or step.failed:
            line.append(f" ({step.passed} of {step.passed + step.failed} passed)")
        console.print(line)
    counts = count(results)
    verdict = f"{counts['pass']} passed, {counts['fail']} failed, {counts['skip']} skipped"
    if proved(results):
        console.print(Text(f"proved: {verdict}", style="bold green"))
        return
    console.print(Text(f"not proved: {verdict}", style="bold red"))
    missing = [r.check.name for r in results if r.status is Status.SKIP and r.check.essential]
    if missing and not counts["fail"]:
        console.print(f"essential checks were skipped: {', '.join(missing)}", soft_wrap=True)
    hint = advice(results)
    if hint is not None:
        console.print(f"try: {hint}", soft_wrap=True)


def count(results: list[Result]) -> dict[str, int]:
    """How many of each status."""
    statuses = [r.status for r in results]
    return {status.value: statuses.count(status) for status in Status}


def as_result(results: list[Result]) -> dict[str, Any]:
    """The ``result`` of the last JSON object."""
    return {
        "proved": proved(results),
        "counts": count(results),
        "ladder": [{"rung": s.rung.value, "state": s.state} for s in ladder(results)],
        "advice": advice(results),
        "checks": [r.as_dict() for r in results],
    }


def write_junit(path: Path, results: list[Result]) -> None:
    """JUnit XML as Jenkins, GitLab and GitHub read it: one suite, a case a check."""
    counts = count(results)
    suite = ElementTree.Element(
        "testsuite",
        name="wg-host verify",
        tests=str(len(results)),
        failures=str(counts["fail"]),
        skipped=str(counts["skip"]),
        errors="0",
        time=f"{sum(r.seconds for r in results):.3f}",
    )
    for result in results:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"verify.{result.check.rung.value}",
            name=result.check.name,
            time=f"{result.seconds:.3f}",
        )
        if result.status is Status.FAIL:
            ElementTree.SubElement(case, "failure", message=result.detail)
        elif result.status is Status.SKIP:
            ElementTree.SubElement(case, "skipped", message=result.detail)
        else:
            ElementTree.SubElement(case, "system-out").text = result.detail
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode", xml_declaration=True)
    with _errors_of(path):
        path.write_text(text + "\n", encoding="utf-8")


def check_writable(path: Path) -> None:
    """UsageError or AccessDenied if the file cannot be written. It stays as it is."""
    with _errors_of(path):
        existed = path.exists()
        with path.open("a"):
            pass
        if not existed:
            path.unlink()


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError:
        raise AccessDenied(f"{path}: permission denied") from None
    except OSError as e:
        raise UsageError(f"{path}: {e.strerror}") from None
