"""Signals to stop become one exception that nothing swallows; each case in a process of its own."""

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BEGIN = """\
import os, signal, sys, time
from contextlib import suppress
from bench.host.stop_signals import Stopped, stoppable
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
def send(number=signal.SIGTERM): os.kill(os.getpid(), number)
"""


def ran(code):
    """Return exit code, standard output and error of a program."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_is_an_interrupt_with_its_number(name):
    """`except KeyboardInterrupt` gets it."""
    code = f"with suppress(SystemExit), stoppable():\n try: send(signal.{name})\n except KeyboardInterrupt as stop: print(stop, stop.number)"
    assert ran(code) == (0, f"{name} {int(getattr(signal, name))}\n", "")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_that_was_ignored_stays_ignored(name):
    """As under nohup, and in the background of a shell script."""
    code = f"signal.signal(signal.{name}, signal.SIG_IGN)\nwith stoppable(): send(signal.{name}); print('on')"
    assert ran(code) == (0, "on\n", "")


def test_handlers_are_put_back():
    """Where no signal came."""
    code = (
        "with stoppable(): pass\nprint(signal.getsignal(signal.SIGTERM), sys.unraisablehook is sys.__unraisablehook__)"
    )
    assert ran(code) == (
        0,
        f"{signal.Handlers.SIG_DFL!r} True\n".replace(repr(signal.SIG_DFL), str(signal.SIG_DFL)),
        "",
    )


def test_further_signals_do_not_disturb_the_clean_up():
    """Neither in the block, nor as the process ends."""
    code = """
import atexit
def end():
    send(signal.SIGINT); send(signal.SIGHUP); print('ended', flush=True)
atexit.register(end)
with stoppable():
    try: send()
    except Stopped:
        for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): send(n)
        print('cleaned', flush=True)
sys.exit(143)
"""
    assert ran(code) == (143, "cleaned\nended\n", "")


def test_a_clean_up_that_hangs_can_be_ended():
    """After a while a further signal is the end, with the line."""
    code = """
import bench.host.stop_signals as module
module.PATIENCE = 0.1
with stoppable():
    try: send()
    except Stopped:
        time.sleep(0.3); send(); print('never')
"""
    line = "bench: stopped by SIGTERM; what is finished is kept: give the same command again to go on\n"
    assert ran(code) == (143, "", line)


SWALLOWERS = {
    "a destructor": "class A:\n def __del__(self): send()\ndef f(): A()",
    "a callback": "import weakref\nclass A: pass\ndef f():\n a = A(); weakref.finalize(a, send); del a",
    "a bare except": "def f():\n try: send()\n except: pass",
}


@pytest.mark.parametrize("swallower", SWALLOWERS.values(), ids=SWALLOWERS)
def test_nothing_swallows_it(swallower):
    """It comes again a moment later, and nothing is printed about the first time."""
    code = f"{swallower}\nwith stoppable():\n try:\n  f()\n  time.sleep(20)\n  print('swallowed')\n except Stopped: print('stopped')"
    assert ran(code) == (0, "stopped\n", "")


def test_what_is_caught_and_carried_on_does_not_come_twice():
    """A library may turn it into another exception, as Lightning does; it is known as long as it is somewhere."""
    code = """
with stoppable():
    try:
        try: send()
        except KeyboardInterrupt: time.sleep(0.7); sys.exit(1)
    except SystemExit as stop: time.sleep(0.7); print(type(stop.__context__).__name__)
"""
    assert ran(code) == (0, "Stopped\n", "")


def test_a_forked_child_leaves_it_to_its_parent():
    """A child that has no handlers of its own yet is not ended by what its group gets."""
    code = """
with stoppable():
    child = os.fork()
    if child == 0:
        send(); os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert ran(code) == (0, "7\n", "")


def test_a_terminal_that_is_gone_is_no_fault(tmp_path):
    """Its window was closed: SIGHUP, and whatever is written from then on is lost, but the clean-up goes on."""
    code = f"""
try:
    with stoppable():
        print('ready', flush=True)
        time.sleep(20)
except Stopped as stop:
    print('a line'); print('another', file=sys.stderr, flush=True); sys.stdout.flush()
    open({str(tmp_path / "out")!r}, 'w').write(str(stop))
"""
    child, terminal = pty.fork()
    if child == 0:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", BEGIN + code])
    assert os.read(terminal, 5) == b"ready"
    os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "out").read_text() == "SIGHUP"
