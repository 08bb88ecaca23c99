"""A clip's way straight into the centre's bucket: one request, signed beforehand by the centre, sent by the box.

The box holds no key of the bucket. It asks before it sends and after it has sent, and may ask at any time: the centre
looks into the bucket and answers what is to be done now.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PutRequest(_Wire):
    """PUT the whole clip to `url` with exactly these headers. Redirects are not to be followed."""

    url: Annotated[str, Field(max_length=4096, pattern="^https?://", repr=False)]  # whoever has it may send
    headers: dict[str, str]
    expires_at: AwareDatetime  # the request must have begun by then


class DirectUpload(_Wire):
    """`complete`: the clip is in the bucket, and the centre has read it back and checked it. Neither `complete` nor
    `put`: send it through the centre."""

    complete: bool
    put: PutRequest | None = None
