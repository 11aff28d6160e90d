"""The local AWS: MiniStack, made stricter. Each module beside this one says what it adds."""

import os
import resource
import sys
import tempfile

import authorization
import completions
import credentials
import decisions
import gatekeeper
import logs
import transport
from ministack import app as ministack


def is_bucket_cors(method, host, path, headers):
    """Whether a bucket's own CORS rules let a web page make this request."""
    target = ministack._s3_cors_target(host, path)
    if target is None:
        return False
    s3 = ministack._get_module("s3")
    if method == "OPTIONS":
        return s3.cors_preflight(*target, headers)[0] == 200
    return bool(s3.cors_response_headers(target[0], method, headers))


# Each lambda that runs, and each connection, needs some. With too few, MiniStack would log the same error without end.
FEWEST_FILES, ENOUGH_FILES = 1024, 4096
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if soft < ENOUGH_FILES:
    soft = ENOUGH_FILES if hard == resource.RLIM_INFINITY else min(hard, ENOUGH_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
if soft < FEWEST_FILES:
    sys.exit(f"This shell allows {soft} open files, but the local AWS needs {FEWEST_FILES}. Raise the limit: ulimit -n {ENOUGH_FILES}")

# Removed, because lambdas get the variables of this process.
secret = os.environ.pop("ROOT_SECRET_ACCESS_KEY")

if os.environ.get("CORRECTIONS") != "none":  # The tests compare the two.
    authorization.install()
    completions.install()
    logs.install()
decisions.record(os.environ["DECISIONS"])
ministack.app = gatekeeper.refuse_foreign(transport.as_on_aws(credentials.required(ministack.app, secret)), credentials.reaches_api, is_bucket_cors)

# The code of running lambdas is there. Below the project, a lambda could use packages that its zip does not contain.
with tempfile.TemporaryDirectory(prefix="ministack-", ignore_cleanup_errors=True) as tempfile.tempdir:
    ministack.main()
