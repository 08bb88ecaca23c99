"""A bucket that would delete by itself is found out, on a real S3 server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import SecretStr

from config.errors import LessonProofError
from storage.objects.lifecycle import deleting_rules
from storage.objects.s3 import S3ObjectStore
from tests.support.seaweed import Seaweed, lifecycle, seaweed

__all__ = ["seaweed"]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("<Filter><Prefix>clips/</Prefix></Filter><Expiration><Days>30</Days></Expiration>", ("r",)),
        ("<Filter><Prefix>clips/ab</Prefix></Filter><Expiration><Days>9999</Days></Expiration>", ("r",)),
        ("<Filter></Filter><Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>", ("r",)),
        ("<Prefix></Prefix><Expiration><Days>30</Days></Expiration>", ("r",)),
        ("<Filter><And><Prefix>cl</Prefix><Tag/></And></Filter><Expiration><Days>30</Days></Expiration>", ("r",)),
        ("<Filter><Prefix>uploads/</Prefix></Filter><Expiration><Days>30</Days></Expiration>", ()),
        ("<Filter/><NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>", ()),
        ("<Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>", ()),
        ("<Filter/><AbortIncompleteMultipartUpload/>", ()),
    ],
)
@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_rules_that_delete_clips(rule: str, found: tuple[str, ...], namespace: str) -> None:
    text = lifecycle(rule).replace("<LifecycleConfiguration", f"<LifecycleConfiguration{namespace}")
    assert deleting_rules(text.encode(), "clips/") == found
    assert deleting_rules(text.replace("Enabled", "Disabled").encode(), "clips/") == ()


def test_what_is_no_configuration_is_an_error() -> None:
    with pytest.raises(LessonProofError, match="ARCHIVE_AWAY"):
        deleting_rules(b"<html>no", "clips/")


def test_a_real_bucket_says_whether_it_deletes(seaweed: Seaweed) -> None:
    bucket = seaweed.bucket()
    assert S3ObjectStore(bucket).deletes_by_itself("clips/") == ()
    seaweed.set_lifecycle(bucket, "<Filter><Prefix>clips/</Prefix></Filter><Expiration><Days>30</Days></Expiration>")
    assert S3ObjectStore(bucket).deletes_by_itself("clips/") == ("r",)
    assert S3ObjectStore(bucket).deletes_by_itself("other/") == ()
    stranger = replace(bucket, secret_access_key=SecretStr("not-the-secret"))
    with pytest.raises(LessonProofError, match="ARCHIVE_REFUSED"):
        S3ObjectStore(stranger).deletes_by_itself("clips/")
