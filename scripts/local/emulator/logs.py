"""Puts every line that a lambda writes into its log, also when the processors are busy.

MiniStack stops to wait for lines when none has come for 5 ms. On a busy machine that is too short: the rest of the lines is added to
the log of the next invocation, or to none. Here a worker writes a mark after the last line of an invocation, before it answers, and
MiniStack reads up to that mark.
"""

import queue
import time
import uuid

from ministack.core import lambda_runtime

_MARK = f"end-of-invocation-{uuid.uuid4()}"
_WRITE = "const _realStdoutWrite = process.stdout.write.bind(process.stdout);\n"
_WRITE_WITH_MARK = f"""const _writeAnswer = process.stdout.write.bind(process.stdout);
const _realStdoutWrite = (text) => {{
  if (!text.startsWith('{{"status":"ready"')) _stderrWrite("{_MARK}\\n");
  return _writeAnswer(text);
}};
"""
_POLL_SECONDS = 0.05
_LONGEST_WAIT_SECONDS = 10


def install():
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    if script.count(_WRITE) != 1:
        raise RuntimeError("MiniStack's worker for Node.js has changed: logs.py does not find where it writes its answer.")
    lambda_runtime._NODEJS_WORKER_SCRIPT = script.replace(_WRITE, _WRITE_WITH_MARK)

    original = lambda_runtime.Worker._drain_stderr_bounded

    def drain_stderr_bounded(worker, *args, **kwargs):
        if not worker.config.get("Runtime", "").startswith("nodejs"):
            return original(worker, *args, **kwargs)
        lines = []
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline:
            # A worker that ended has no reader any more, and writes no mark.
            has_ended = not worker._stderr_thread.is_alive()
            try:
                line = worker._stderr_queue.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if has_ended:
                    break
                continue
            if line == _MARK:
                break
            lines.append(line)
        return "\n".join(lines)

    lambda_runtime.Worker._drain_stderr_bounded = drain_stderr_bounded
