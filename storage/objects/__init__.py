"""ObjectStore: whole files by key, written once. On the local disk (`local`) or in an S3 bucket (`s3`)."""

from __future__ import annotations

from storage.objects.interface import ObjectInfo, ObjectStore
from storage.objects.local import LocalObjectStore, fsync_folder

__all__ = ["LocalObjectStore", "ObjectInfo", "ObjectStore", "fsync_folder"]
