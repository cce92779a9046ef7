"""`manage.py audit_books`: recount the books from their rows and report every difference."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError
from django.core.serializers.json import DjangoJSONEncoder

from fluentcart.commands import ShopCommand
from orders.audit.finding import Finding
from orders.audit.run import audit, mend


class Command(ShopCommand):
    """Safe to run at any time: it reads one moment of the books. What each check means is in docs/audit.md."""

    help = "Recounts the books from their rows and reports every difference; exits with 1 when one is left."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How to report, and whether to mend."""
        parser.add_argument("--json", action="store_true", dest="is_json", help="one JSON object a line")
        parser.add_argument(
            "--fix", action="store_true", dest="mends", help="write derived figures anew; facts are only reported"
        )

    def handle(self, *args: Any, is_json: bool, mends: bool, **options: Any) -> None:
        """A line for each difference.

        Raises:
            CommandError: (exit status 1) there is a difference, and it was not mended.
        """
        self.is_json = is_json
        waiting: list[Finding] = []
        found = fixed = 0
        for finding in audit():
            found += 1
            if mends and finding.is_derived:
                waiting.append(finding)
            else:
                self._report(finding)
        left = set(mend(waiting))
        for finding in waiting:
            fixed += finding not in left
            self._report(finding, is_fixed=finding not in left)
        if found > fixed:
            raise CommandError(f"{found} differences, {fixed} of them fixed.", returncode=1)
        self.stderr.write(f"{found} differences, all fixed." if found else "The books agree.", style_func=str)

    def _report(self, finding: Finding, *, is_fixed: bool = False) -> None:
        if self.is_json:
            self.stdout.write(json.dumps(asdict(finding) | {"is_fixed": is_fixed}, cls=DjangoJSONEncoder))
            return
        kind = "fixed" if is_fixed else "derived" if finding.is_derived else "fact"
        where = f"{finding.check}: {finding.table} {finding.id} {finding.field}"
        what = f"found {_shown(finding.found)}, expected {_shown(finding.expected)} ({kind})"
        self.stdout.write(f"{where}: {what}{' ' + finding.hint if finding.hint and not is_fixed else ''}")


def _shown(value: Any) -> str:
    """One line, whatever the value holds."""
    return "nothing" if value is None else json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
