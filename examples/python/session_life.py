#!/usr/bin/env python3
"""The life of a session, over plain gRPC: try, create, watch until HEALTHY, update, pause, resume, read errors, delete.

generate.sh makes the modules that are imported here; PYTHONPATH names their folder.
"""
import argparse
import pathlib
import sys
import uuid

import grpc

from google.rpc import error_details_pb2, status_pb2
from holter.v1 import session_pb2, session_service_pb2, session_service_pb2_grpc

DEADLINE = 10  # seconds, of a call
PATIENCE = 30  # seconds, of the watch


def is_loopback(server):
    return server.rsplit(":", 1)[0] in ("127.0.0.1", "localhost", "[::1]")


def connect(arguments):
    """A stub, and the metadata of every call."""
    metadata = []
    if arguments.token_file:
        if not arguments.ca and not is_loopback(arguments.server):
            sys.exit("a token is not sent to another machine in the clear: --ca")
        metadata.append(("authorization", "Bearer " + pathlib.Path(arguments.token_file).read_text().strip()))
    if arguments.ca:
        credentials = grpc.ssl_channel_credentials(pathlib.Path(arguments.ca).read_bytes())
        channel = grpc.secure_channel(arguments.server, credentials)
    else:
        channel = grpc.insecure_channel(arguments.server)
    return session_service_pb2_grpc.SessionServiceStub(channel), metadata


def details_of(error):
    """The google.rpc details of an error, each as its own type."""
    packed = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    found = []
    for detail in status_pb2.Status.FromString(packed).details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.ResourceInfo,
                     error_details_pb2.PreconditionFailure, error_details_pb2.QuotaFailure, error_details_pb2.RetryInfo):
            if detail.Is(kind.DESCRIPTOR):
                found.append(kind.FromString(detail.value))
    return found


def tell(error):
    print(f"{error.code().name}: {error.details()}")
    for detail in details_of(error):
        if isinstance(detail, error_details_pb2.ErrorInfo):
            print(f"  reason {detail.reason} of {detail.domain}, {dict(detail.metadata)}")
        elif isinstance(detail, error_details_pb2.BadRequest):
            for violation in detail.field_violations:
                print(f"  field {violation.field}: {violation.description}")
        elif isinstance(detail, error_details_pb2.ResourceInfo):
            print(f"  resource {detail.resource_name}")
        elif isinstance(detail, error_details_pb2.PreconditionFailure):
            for violation in detail.violations:
                print(f"  precondition {violation.type}: {violation.description}")
        elif isinstance(detail, error_details_pb2.QuotaFailure):
            for violation in detail.violations:
                print(f"  quota, asked for {violation.subject}: {violation.description}")
        elif isinstance(detail, error_details_pb2.RetryInfo):
            print(f"  try again after {detail.retry_delay.ToTimedelta().total_seconds():g} s")


class Life:
    def __init__(self, arguments):
        self.stub, self.metadata = connect(arguments)
        self.url = arguments.url
        self.parent = f"tenants/{arguments.tenant}"
        self.id = "example-python-" + uuid.uuid4().hex[:8]
        self.name = f"{self.parent}/sessions/{self.id}"

    def call(self, method, request):
        return method(request, timeout=DEADLINE, metadata=self.metadata)

    def refused(self, method, request, code):
        """Makes a call that has to be refused, and tells all that the refusal says."""
        try:
            self.call(method, request)
        except grpc.RpcError as error:
            if error.code() != code:
                raise
            tell(error)
            return
        sys.exit(f"{code.name} was expected")

    def watch(self, wanted):
        """Waits for a status that `wanted` holds for; without a snapshot in between, nothing is missed."""
        request = session_service_pb2.WatchSessionsRequest(parent=self.parent, filter=f'session = "{self.id}"')
        stream = self.stub.WatchSessions(request, timeout=PATIENCE, metadata=self.metadata)
        for response in stream:
            for change in response.changes:
                status = change.session.status
                if change.HasField("session"):
                    print(f"  {session_pb2.State.Name(status.state)} {session_pb2.Health.Name(status.health)}")
                if wanted(status):
                    stream.cancel()
                    return
        sys.exit("the watch ended")

    def live(self):
        session = session_pb2.Session(
            group="examples",
            spec=session_pb2.SessionSpec(url=self.url, protocol_heartbeat={"interval": "200ms", "timeout": "2s"}))
        # With a request_id the call may be repeated when its answer was lost: it is taken once.
        create = session_service_pb2.CreateSessionRequest(
            parent=self.parent, session_id=self.id, session=session, request_id=str(uuid.uuid4()), validate_only=True)
        self.call(self.stub.CreateSession, create)
        print("may be created")
        create.validate_only, create.request_id = False, str(uuid.uuid4())
        created = self.call(self.stub.CreateSession, create)
        again = self.call(self.stub.CreateSession, create)
        assert again.uid == created.uid, "the same request, so the same session"
        print(f"created {created.name}")
        self.watch(lambda status: status.health == session_pb2.HEALTH_HEALTHY)
        self.update(created)
        self.pause_and_resume()
        self.read_errors(created)
        self.call(self.stub.DeleteSession, session_service_pb2.DeleteSessionRequest(name=self.name))
        print("deleted")

    def update(self, session):
        update = session_service_pb2.UpdateSessionRequest(request_id=str(uuid.uuid4()))
        update.session.name = self.name
        update.session.etag = session.etag  # only if nobody changed it since
        update.session.labels["team"] = "a"
        update.update_mask.paths.append("labels")
        updated = self.call(self.stub.UpdateSession, update)
        assert updated.labels["team"] == "a" and updated.etag != session.etag
        print("updated; the connection stayed")

    def pause_and_resume(self):
        self.call(self.stub.PauseSession, session_service_pb2.PauseSessionRequest(name=self.name))
        self.watch(lambda status: status.state == session_pb2.STATE_PAUSED)
        print("paused")
        self.refused(self.stub.ReconnectSession, session_service_pb2.ReconnectSessionRequest(name=self.name),
                     grpc.StatusCode.FAILED_PRECONDITION)
        self.call(self.stub.ResumeSession, session_service_pb2.ResumeSessionRequest(name=self.name))
        self.watch(lambda status: status.health == session_pb2.HEALTH_HEALTHY)
        print("resumed")

    def read_errors(self, created):
        bad = session_service_pb2.CreateSessionRequest(parent=self.parent, session_id="Bad Id")
        bad.session.spec.url = "http://not-a-websocket/"
        bad.session.spec.protocol_heartbeat.interval = "20"
        self.refused(self.stub.CreateSession, bad, grpc.StatusCode.INVALID_ARGUMENT)
        missing = session_service_pb2.GetSessionRequest(name=self.name + "-not")
        self.refused(self.stub.GetSession, missing, grpc.StatusCode.NOT_FOUND)
        stale = session_service_pb2.DeleteSessionRequest(name=self.name, etag=created.etag)
        self.refused(self.stub.DeleteSession, stale, grpc.StatusCode.ABORTED)
        self.ask_for_more()

    def ask_for_more(self):
        """Where the tenant has a quota another session may be one too many."""
        more = session_service_pb2.CreateSessionRequest(
            parent=self.parent, session_id=self.id + "-more", validate_only=True)
        more.session.spec.url = self.url
        try:
            self.call(self.stub.CreateSession, more)
            print("another one would be taken")
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            tell(error)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="127.0.0.1:7600")
    parser.add_argument("--url", required=True, help="of the peer, ws://…")
    parser.add_argument("--tenant", default="default")
    parser.add_argument("--ca", help="PEM file; makes the connection TLS")
    parser.add_argument("--token-file")
    Life(parser.parse_args()).live()


if __name__ == "__main__":
    main()
