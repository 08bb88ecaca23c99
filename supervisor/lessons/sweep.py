"""The verdict on silence: what nobody reported within the grace is judged without evidence."""

from __future__ import annotations

from datetime import timedelta

from supervisor.centre import Centre
from supervisor.lessons import repository
from supervisor.lessons.verdicts import judge_silence
from supervisor.profiles import profile_named, profile_names

BATCH = 200


def sweep_silence(centre: Centre) -> int:
    """Judge every countable lesson hour that is past its grace without a verdict of the centre's own. Returns how
    many."""
    now = centre.clock.now()
    shortest = min(profile_named(name).offline.grace_hours for name in profile_names())
    judged = 0
    with centre.uow.write() as session:
        for lesson in repository.unjudged(session, now - timedelta(hours=shortest), BATCH):
            grace = timedelta(hours=profile_named(lesson.training.profile).offline.grace_hours)
            if lesson.hour.end + grace <= now:
                judge_silence(session, lesson, now)
                judged += 1
    return judged
