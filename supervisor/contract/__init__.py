"""The messages between box and centre, versioned. All under `/api/box/`, over the box's outbound connection:

| request | body | answer |
|---|---|---|
| POST /api/box/enrol | enrolment.EnrolRequest | 201 enrolment.EnrolReply |
| GET /api/box/target | If-None-Match | 200 target.TargetState + ETag, or 304 |
| POST /api/box/log | log.LogAppend | 200 log.LogReceipt; 409 LOG_HOLE {size}; 422 LOG_FORK |
| POST /api/box/state | state.BoxState | 204 |
| HEAD /api/box/clips/{sha256} | | 200, `Upload-Offset` (bytes held), `Upload-Complete: ?0` or `?1`; 404 unknown clip |
| PATCH /api/box/clips/{sha256} | bytes, `Upload-Offset` | 204, new `Upload-Offset`; 409 wrong offset; 422 CLIP_DIGEST |
| POST /api/box/clips/{sha256}/direct | | 200 direct.DirectUpload; 404 unknown clip |

All but enrol are signed with the box's Ed25519 key (`signing`, RFC 9421). No request is larger than 9 MiB. A clip is
known to the centre once a verdict entry names it: facts first, video later. Uploads are content-addressed and resumable
(the header names are those of the IETF draft "Resumable Uploads for HTTP"). `Upload-Direct: ?1` beside them says that
`direct` may be asked for.
"""
