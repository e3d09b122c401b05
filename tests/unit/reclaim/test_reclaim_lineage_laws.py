"""The law of restoring: whatever was written, archived, given back, renamed and cut off, all lines come back, in order, once."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from log_model import PATH, Log

from healer.model.action import FreeMethod
from healer.model.facts import Verdict

OUTCOMES = ((True, Verdict.GOOD), (True, None), (True, Verdict.UNKNOWN), (False, None), (False, Verdict.UNKNOWN), (False, Verdict.BAD))
"""Whether the blocks were given back, and what was written down of it."""


class LogMachine(RuleBasedStateMachine):
    """One log, whose writer appends or keeps an offset of its own, and all that happens to it."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Log()

    @initialize(lines=st.integers(1, 4), appends=st.booleans())
    def begin(self, lines: int, appends: bool) -> None:
        """Let healer meet the log once, and archive it without giving anything back; it is a log that is written."""
        self.log.write(lines)
        self.methods: tuple[FreeMethod, ...] = ("collapse", "freeze") if appends else ("punch",)
        span = self.log.span(PATH, "freeze")
        assert span is not None
        self.log.archive(span)
        self.log.write(1)

    @rule(lines=st.integers(1, 5))
    def write(self, lines: int) -> None:
        """Let the writer go on."""
        self.log.write(lines)

    @rule(data=st.data(), outcome=st.sampled_from(OUTCOMES), between=st.integers(0, 2))
    def reclaim(self, data: st.DataObject, outcome: tuple[bool, Verdict | None], between: int) -> None:
        """Archive a span of any of the files and give it back; lines may be written in between."""
        name = data.draw(st.sampled_from(self.log.known()))
        method = data.draw(st.sampled_from(self.methods if name == PATH else ("punch", "delete")))
        span = self.log.span(name, method)
        if span is None:
            return
        self.log.archive(span)
        if between:
            self.log.write(between)
        self.log.free(span, method, done=outcome[0], told=outcome[1])

    @rule(data=st.data())
    def archive_only(self, data: st.DataObject) -> None:
        """Die between the archive and the giving back."""
        name = data.draw(st.sampled_from(self.log.known()))
        span = self.log.span(name, "punch")
        if span is not None:
            self.log.archive(span)

    @rule()
    def rotate(self) -> None:
        """Let logrotate do its work."""
        self.log.rotate()

    @rule()
    def set_aside(self) -> None:
        """Let healer rename the log, whose writer opens a new one."""
        self.log.set_aside()

    @precondition(lambda self: f"{PATH}.1" in self.log.files)
    @rule()
    def compress(self) -> None:
        """Let logrotate compress what it has rotated."""
        self.log.compress(f"{PATH}.1")

    @invariant()
    def all_lines_come_back(self) -> None:
        """Put together what was written, each time."""
        found = self.log.lineage()
        assert bytes(self.log.written) == self.log.restored(found), (found, self.log.files)
        assert () == found.missing


TestLog = LogMachine.TestCase
TestLog.settings = settings(max_examples=30, stateful_step_count=15, deadline=None)
