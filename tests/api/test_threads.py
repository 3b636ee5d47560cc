"""Threads that are kept for later calls do nothing to the process that they are in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

TEXTS = "import tokcore; enc = tokcore.get_encoding('gpt2'); texts = ['hello there, ' * 20_000] * 8\n"


def run(script: str) -> str:
    """Run a script in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", TEXTS + script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="has no signal masks")
def test_a_signal_that_the_program_waits_for_is_left_to_it():
    script = """if True:
        import os, signal, time
        enc.encode_batch(texts, num_threads=2)  # not into an array: numpy's own threads do take signals
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.1)
        print(signal.sigwait([signal.SIGTERM]) == signal.SIGTERM)
    """
    assert run(script) == "True"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="has no affinity")
def test_threads_run_where_the_caller_may():
    script = """if True:
        import os
        enc.count_batch(texts, num_threads=2)
        everywhere = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(everywhere)})
        enc.count_batch(texts, num_threads=2)
        named = [t for t in os.listdir("/proc/self/task") if open(f"/proc/self/task/{t}/comm").read() == "tokcore\\n"]
        print({frozenset(os.sched_getaffinity(int(t))) for t in named[-1:]} == {frozenset({min(everywhere)})})
    """
    assert run(script) == "True"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="has no fork")
def test_forked_processes_have_threads_of_their_own():
    script = """if True:
        import os
        expected = enc.count_batch(texts, num_threads=3).tolist()
        def child():
            right = enc.count_batch(texts, num_threads=3).tolist() == expected
            grandchild = os.fork() if right else 1
            if grandchild == 0:
                os._exit(0 if enc.count_batch(texts, num_threads=2).tolist() == expected else 1)
            os._exit(os.waitpid(grandchild, 0)[1])
        pid = os.fork()
        if pid == 0:
            child()
        print(os.waitpid(pid, 0)[1])
    """
    assert run(script) == "0"


def test_a_thread_with_a_small_stack_may_ask_for_any_number():
    script = """if True:
        import threading
        threading.stack_size(128 << 10)
        found = []
        thread = threading.Thread(target=lambda: found.append(int(enc.count_batch(texts, num_threads=1000).sum())))
        thread.start()
        thread.join()
        print(found == [int(enc.count_batch(texts, num_threads=1).sum())])
    """
    assert run(script) == "True"


def test_many_callers_with_any_numbers_of_threads_have_right_results():
    import tokcore

    enc = tokcore.get_encoding("gpt2")
    texts = ["hello there, " * 20_000] * 8
    expected, found = enc.count_batch(texts, num_threads=1).tolist(), []
    callers = [
        threading.Thread(target=lambda n=n: found.append(enc.count_batch(texts, num_threads=n).tolist()))
        for n in (1, 2, 3, 5, 9, 100)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert found == [expected] * len(callers)


def test_a_program_may_end_while_threads_are_at_work():
    script = """if True:
        import threading, time
        def work():
            while True:
                enc.encode_ordinary_batch(texts, num_threads=1)
                enc.count_batch(texts, num_threads=2)
        for _ in range(8):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(0.3)
        print("done")
    """
    # What goes wrong at the end of a process need not go wrong each time.
    for _ in range(6):
        assert run(script) == "done"
