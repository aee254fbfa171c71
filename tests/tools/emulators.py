"""Starts the AWS emulators for one test process, and ends with it.

Prints one line, {"moto": URL, "ministack": URL}, once both answer; then lives until its standard
input is closed. A killed test process closes it too, so nothing is left running.

moto is right about EC2, RDS instances and the status of health checks, ministack about the rest: each is
to be asked for its own.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
PATIENCE = 60  # seconds, for a machine that compiles at the same time


def main():
    moto = start_moto()
    ministack, process = start_ministack()
    wait_until_it_answers(f"{moto}/moto-api/", process)
    wait_until_it_answers(f"{ministack}/_ministack/health", process)
    warm_up(moto, "ec2", data=b"Action=DescribeVpcs&Version=2016-11-15")
    warm_up(ministack, "dynamodb", data=b"{}", target="DynamoDB_20120810.ListTables")
    ending = threading.Event()
    threading.Thread(target=end_with, args=(process, ending), daemon=True).start()
    print(json.dumps({"moto": moto, "ministack": ministack}), flush=True)

    wait_for_end_of_input()
    ending.set()
    process.stdin.close()
    process.wait(PATIENCE)


def start_moto():
    """Serves moto from this process, one request at a time.

    It is not thread safe: of two conditional writes at once, both could win.
    """
    import logging

    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"  # AWS's own, as every account has them

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)  # it fails on what it does not know
    application = DomainDispatcherApplication(create_backend_app)
    lock = threading.Lock()

    def one_at_a_time(environ, start_response):
        with lock:
            return list(application(environ, start_response))

    server = make_server(HOST, 0, one_at_a_time, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://{HOST}:{server.server_port}"


def start_ministack():
    """Runs ministack as a child, which ends when the pipe to it is closed, however this process ends."""
    port = free_port()
    command = [sys.executable, __file__, "ministack", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr)
    return f"http://{HOST}:{port}", process


def serve_ministack(port):
    """The child: ministack in this process, with a folder of its own that goes with it."""
    folder = tempfile.mkdtemp(prefix="crossover-ministack-")
    os.environ.update(
        BIND_HOST=HOST,  # by itself it binds every interface
        GATEWAY_PORT=port,
        MINISTACK_HOST=HOST,
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LOG_LEVEL="ERROR",
        STATE_DIR=f"{folder}/state",
        S3_DATA_DIR=f"{folder}/s3",
        TMPDIR=folder,
    )
    tempfile.tempdir = folder

    def end():
        wait_for_end_of_input()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # at once: there is nothing to save

    threading.Thread(target=end, daemon=True).start()

    from ministack import app
    correct_ministack()

    sys.argv = ["ministack"]
    app.main()


# No record set is protected.
PROTECTIONS = (
    b'<ListResourceRecordSetProtectionsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
    b"<ResourceRecordSetProtections/></ListResourceRecordSetProtectionsResponse>"
)


def correct_ministack():
    """Replaces two of its answers, without which a whole function could not be tested on it."""
    from ministack.services import rds, route53

    # With instances every cluster would have the address of this machine: a writer's record would lead to all of them.
    rds._sync_cluster_endpoints = lambda cluster: None

    # ListResourceRecordSetProtections is newer than ministack.
    answer = route53.handle_request

    async def handle_request(method, path, *more):
        if method == "GET" and path.endswith("/rrsetprotection"):
            return 200, {"Content-Type": "text/xml"}, PROTECTIONS
        return await answer(method, path, *more)

    route53.handle_request = handle_request


def wait_for_end_of_input():
    while os.read(0, 4096):
        pass


def end_with(process, ending):
    """Without ministack the tests would only wait for it: says so and ends."""
    process.wait()
    if not ending.is_set():
        sys.stderr.write(f"ministack ended with {process.returncode}\n")
        os._exit(1)


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_until_it_answers(url, process):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            direct.open(url, timeout=5).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError as error:
            if process.poll() is not None:
                sys.exit(f"ministack ended with {process.returncode} before it answered")
            if time.monotonic() > deadline:
                sys.exit(f"{url} does not answer: {error}")
            time.sleep(0.05)


def warm_up(url, service, data, target=None):
    """Makes a service's first call, which loads it and takes seconds on a busy machine."""
    scope = f"Credential=test/20260101/us-east-1/{service}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}
    if target:
        headers |= {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(urllib.request.Request(url, data=data, headers=headers), timeout=PATIENCE).close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["ministack"]:
        serve_ministack(sys.argv[2])
    else:
        main()
