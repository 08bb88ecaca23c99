"""Leave to put one object, handed to somebody without keys: an S3 request signed beforehand (AWS Signature Version 4,
query string).

The signature covers the headers as well as the address: the store refuses the request without `If-None-Match: *`,
with another length or with another digest. So who holds it can create that one object with those bytes, and nothing
else. Stores differ in what they do with the digest (Ceph 16 ignores it): whoever gave the leave looks afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from config.clock import Clock
from storage.objects.interface import checked_key
from storage.objects.s3 import Bucket


@dataclass(frozen=True, slots=True)
class PresignedPut:
    """`headers` must be sent as they are, with the body, by PUT to `url`, before `expires_at`."""

    url: str = field(repr=False)  # whoever has it may send
    headers: Mapping[str, str]
    expires_at: datetime


class Presigner:
    """`clock`: the store refuses a signature whose time is not the world's."""

    def __init__(self, bucket: Bucket, clock: Clock) -> None:
        self._bucket = bucket
        self._clock = clock

    def put(self, key: str, size: int, sha256: str, valid: timedelta) -> PresignedPut:
        """`sha256` in hexadecimal; `valid` counts until the request begins, not until it ends."""
        now = self._clock.now()
        headers = {
            "content-length": str(size),
            "if-none-match": "*",
            "x-amz-checksum-sha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
        }
        address = object_url(self._bucket, checked_key(key))
        url = presigned("PUT", address, headers, self._bucket, now, valid)
        return PresignedPut(url, headers, now + valid)


def object_url(bucket: Bucket, key: str) -> str:
    place = urlsplit(bucket.endpoint or f"https://s3.{bucket.region}.amazonaws.com")
    if bucket.path_style:
        return f"{place.scheme}://{place.netloc}{place.path}/{bucket.name}/{key}"
    return f"{place.scheme}://{bucket.name}.{place.netloc}{place.path}/{key}"


def presigned(
    method: str, address: str, headers: Mapping[str, str], bucket: Bucket, now: datetime, valid: timedelta
) -> str:
    """`address` with the signature in its query. `headers`: names in lower case, without `host`, which is covered too.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    place = urlsplit(address)
    covered = dict(sorted({**headers, "host": place.netloc}.items()))
    names = ";".join(covered)
    scope = f"{now:%Y%m%d}/{bucket.region}/s3/aws4_request"
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{bucket.access_key_id}/{scope}",
        "X-Amz-Date": f"{now:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": str(int(valid.total_seconds())),
        "X-Amz-SignedHeaders": names,
    }
    parameters = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    lines = "".join(f"{name}:{value}\n" for name, value in covered.items())
    request = "\n".join([method, place.path, parameters, lines, names, "UNSIGNED-PAYLOAD"])
    text = "\n".join(["AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{bucket.secret_access_key.get_secret_value()}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{address}?{parameters}&X-Amz-Signature={key.hex()}"
