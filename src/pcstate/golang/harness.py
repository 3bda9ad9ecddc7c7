"""A scenario + a toolchain -> the outcomes that real Go shows, and what is seen on the way.

Theory of operation: our driver (`programs/driver`), built by that toolchain, is a process that takes one scenario a
line and answers with one outcome a line. It sees to rest and to its own deadline; here it is only started, fed, killed
when it does not answer at all, and started again when it has ended, which it does by itself when a scenario left
goroutines that it could not get rid of.

| Outcome | the driver's JSON | in Go |
|---|---|---|
| dials | dials | connections that Transport.DialContext returned |
| reused | reused | httptrace GotConnInfo.Reused, the last of a request |
| read_loops, write_loops | the same | goroutines that began in persistConn.readLoop, .writeLoop |
| goroutines | goroutines | 1 + the Transport's, whatever they are + callers beside main that have not ended |
| idle_conns | idle_conns | readLoops in Peek that nobody awaits a response of |
| unread_conns | unread_conns | readLoops in the select at the end of their loop |
| errors | errors | class of the first error of Do or Read; `stuck`: it had not returned at rest |

| Entry | the driver's JSON (`events`) |
|---|---|
| kind, caller, request, step | the same |
| facts | `error`, `reused` and `was_idle`, or the counts of `rest` |
"""

import json
import queue
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import IO, Any, Self

from pcstate.errors import GoError
from pcstate.golang.building import built
from pcstate.golang.toolchain import Toolchain, go_environment
from pcstate.model.observation import Entry, Observation
from pcstate.model.scenario import Outcome, Scenario, Step, milliseconds

__all__ = ["Conversation", "Driver", "observations", "observe"]

DEADLINE = 10.0
"""Seconds for one scenario to come to rest, besides the timeouts that it sets itself."""
LONGEST = 86400.0
"""Seconds after which no timeout is waited for any more."""
GRACE = 20.0
"""Seconds beyond its deadline after which a silent driver is killed."""
_TIMEOUTS = ("Timeout", "ResponseHeaderTimeout")


def observe(scenario: Scenario, toolchain: Toolchain, repeat: int = 1) -> tuple[tuple[tuple[Outcome, int], ...], int]:
    """The distinct outcomes of `repeat` runs, each with how often it came; and how many of the runs had not come to rest when the
    driver gave up waiting, so that what they show is no outcome for certain.

    Order: most frequent first, then by outcome.
    Cost:  some 50 ms a run, and the build of the driver the first time.
    Raises: GoError if the driver cannot be built or does not answer.
    """
    seen = list(observations((scenario for _ in range(repeat)), toolchain))
    counts = Counter(each.outcome for each in seen)
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))), sum(not each.at_rest for each in seen)


def observations(scenarios: Iterable[Scenario], toolchain: Toolchain) -> Iterator[Observation]:
    """One run of each scenario, in order, all from one process as long as it lives."""
    with Driver(toolchain) as driver:
        for scenario in scenarios:
            yield driver.watch(scenario)


class Driver:
    """Our Go program, built and ready; a context manager that ends its process."""

    def __init__(self, toolchain: Toolchain, deadline: float = DEADLINE) -> None:
        self.toolchain = toolchain
        self.deadline = deadline
        self._binary = built("driver", toolchain)
        self._process: _Process | None = None
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process:
            self._process.end()
            self._process = None

    def run(self, scenario: Scenario) -> Outcome:
        """What one run of `scenario` leaves behind. Raises: as `watch`."""
        return self.watch(scenario).outcome

    def watch(self, scenario: Scenario) -> Observation:
        """What one run of `scenario` shows.

        A driver that has ended is started again, once for each scenario.
        Raises: GoError if it ends again, does not answer in time, or refuses the scenario.
        """
        line, patience = self._line(scenario)
        answer = self._ask(line, patience) or self._ask(line, patience)
        if answer is None:
            raise self._crashed(scenario)
        if answer.get("failure"):
            raise GoError(f"our driver (Go {self.toolchain.version}) refused {scenario.name!r}: {answer['failure']}")
        return _observation(answer)

    def converse(self, scenario: Scenario) -> "Conversation":
        """A run of which the steps are told one by one, by its only caller; its program says to which hosts requests go, and how
        many there may be."""
        line, patience = self._line(scenario, live=True)
        self._living()
        return Conversation(self, scenario, line, patience)

    def _line(self, scenario: Scenario, live: bool = False) -> tuple[str, float]:
        """What to ask, and how long an answer may take."""
        self._asked += 1
        deadline = min(self.deadline + _waiting(scenario), LONGEST)
        return json.dumps({**_as_json(scenario, self._asked, deadline), "live": live}), deadline + GRACE

    def _crashed(self, scenario: Scenario) -> GoError:
        assert self._process
        words = self._process.last_words()
        self.close()
        return GoError(f"our driver (Go {self.toolchain.version}) crashed in {scenario.name!r}:\n{words}")

    def _living(self) -> "_Process":
        """The process, started if there is none."""
        if self._process and self._process.ended:
            self.close()
        if not self._process:
            self._process = _Process(str(self._binary))
        return self._process

    def _ask(self, line: str, patience: float) -> dict[str, Any] | None:
        """The answer to one line; None if the process has ended instead. Raises: GoError if it is silent."""
        try:
            answer = self._living().ask(line, patience)
        except queue.Empty:
            self.close()
            raise GoError(f"our driver (Go {self.toolchain.version}) did not answer within {patience:g} s") from None
        found: dict[str, Any] | None = json.loads(answer) if answer else None
        return found


class Conversation:
    """One live run: steps are taken one by one. `busy` says that the last one has not returned, although nothing moves."""

    def __init__(self, driver: Driver, scenario: Scenario, line: str, patience: float) -> None:
        self.busy = False
        self._driver = driver
        self._scenario = scenario
        self._first = line + "\n"
        self._patience = patience

    def take(self, step: Step | str) -> tuple[Entry, ...]:
        """Take a step, or do what a word of the driver's `live.go` says (`abandon`, `stall`, `go-on`, `hang-up`); what was seen
        since the last one. Raises: GoError if the driver refuses it, ends or is silent."""
        answer = self._tell(str(step))
        self.busy = answer["busy"]
        return tuple(map(_entry, answer["events"]))

    def end(self) -> Observation:
        """What is there at rest; its log is what was seen since the last step. Raises: as `take`."""
        return _observation(self._tell("end"))

    def _tell(self, word: str) -> dict[str, Any]:
        line, self._first = self._first + json.dumps({"step": word}), ""
        answer = self._driver._ask(line, self._patience)
        if answer is None:
            raise self._driver._crashed(self._scenario)
        if answer.get("failure"):
            raise GoError(f"our driver (Go {self._driver.toolchain.version}) refused {word!r}: {answer['failure']}")
        return answer


class _Process:
    """A running program that answers each line with a line; stderr is kept for its last words."""

    def __init__(self, binary: str) -> None:
        self._stderr: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 -- end() closes it
        self._popen = subprocess.Popen(
            [binary],
            env=go_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            encoding="utf-8",
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._popen.stdout
        for line in self._popen.stdout:
            self._answers.put(line)
        self._answers.put("")  # the end

    @property
    def ended(self) -> bool:
        return self._popen.poll() is not None

    def ask(self, line: str, patience: float) -> str:
        """The answer, or `""` if the process has ended instead. Raises: queue.Empty."""
        assert self._popen.stdin
        try:
            self._popen.stdin.write(line + "\n")
            self._popen.stdin.flush()
        except OSError:  # it has ended meanwhile
            self._popen.wait()
            return ""
        answer = self._answers.get(timeout=patience)
        if not answer:
            self._popen.wait()
        return answer

    def last_words(self) -> str:
        """The beginning of what it wrote to stderr: Go says first what the matter is, then shows every goroutine."""
        self._stderr.seek(0)
        return self._stderr.read(4000).strip() or f"no message, exit code {self._popen.returncode}"

    def end(self) -> None:
        self._popen.kill()
        self._popen.wait()
        self._reader.join()
        for stream in (self._popen.stdin, self._popen.stdout, self._stderr):
            assert stream
            try:
                stream.close()
            except OSError:  # stdin, with a line that nobody took
                continue


def _waiting(scenario: Scenario) -> float:
    """The seconds that the scenario's own timeouts may take: callers wait side by side, their requests one after the other."""
    each = sum(_milliseconds(scenario.transport.get(name, 0)) for name in _TIMEOUTS) / 1000
    return each * max((caller.requests for caller in scenario.callers), default=0)


def _milliseconds(value: object) -> float:
    if isinstance(value, str):
        value = milliseconds(value)  # the driver says what is wrong with one that is none
    return min(max(0, value), LONGEST * 1000) if isinstance(value, int | float) else 0.0


def _as_json(scenario: Scenario, number: int, deadline: float) -> dict[str, Any]:
    server = scenario.server
    return {
        "id": number,
        "transport": dict(scenario.transport),
        "server": {
            "body": server.body,
            "bytes": server.bytes,
            "connection": server.connection,
            "behaviour": server.behaviour,
        },
        "callers": [
            {"requests": caller.requests, "hosts": list(caller.hosts), "each": [str(step) for step in caller.each]}
            for caller in scenario.callers
        ],
        "deadline_ms": round(deadline * 1000),
    }


def _observation(answer: dict[str, Any]) -> Observation:
    return Observation(_outcome(answer), tuple(map(_entry, answer["events"])), answer["at_rest"])


def _entry(event: dict[str, Any]) -> Entry:
    caller, request, step = (event.get(key, -1) for key in ("caller", "request", "step"))
    if event["kind"] == "rest":
        facts = event["rest"]
    else:
        facts = {"error": event.get("error", "")}
        facts.update({key: int(event[key]) for key in ("reused", "was_idle") if key in event})
    return Entry(event["kind"], caller, request, step, tuple(sorted(facts.items())))


def _outcome(answer: dict[str, Any]) -> Outcome:
    return Outcome(
        dials=answer["dials"],
        reused=tuple(answer["reused"]),
        read_loops=answer["read_loops"],
        write_loops=answer["write_loops"],
        goroutines=answer["goroutines"],
        idle_conns=answer["idle_conns"],
        unread_conns=answer["unread_conns"],
        errors=tuple(error or "" for error in answer["errors"]),
    )
