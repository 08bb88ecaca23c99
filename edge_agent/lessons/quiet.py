"""Whether a lesson is under way, for commands that must leave the box's network and models alone until it has ended."""

from __future__ import annotations

from datetime import datetime

from config.clock import CHINA
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.lessons.plan import PlanStore
from edge_agent.lessons.timetable import running
from edge_agent.opening import open_box
from edge_agent.paths import BoxPaths


def refuse_during_lesson(settings: EdgeSettings, now: datetime) -> None:
    """Raises LESSON_RUNNING (409) while a filmed lesson hour of this box's plan is under way, DATA_FOLDER when the
    box's data cannot be read. A machine that never was a box has no plan, and nothing is made there.
    """
    if not _has_data(BoxPaths(settings.data_dir)):
        return
    box = open_box(settings)
    try:
        plan = PlanStore(box.work).current()
    finally:
        box.work.engine.dispose()
    hours = running(plan.hours(), now) if plan else []
    if hours:
        last = max(hours, key=lambda hour: hour.lesson.end)
        until = last.lesson.end.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
        raise LessonProofError(
            "LESSON_RUNNING",
            zh=f"正在上课({last.lesson.class_name}),上课期间不下载模型。请在 {until} 下课后再运行",
            en=f"a lesson is under way ({last.lesson.class_name}); nothing is fetched meanwhile: run it after {until}",
            status=409,
            where=last.id,
        )


def _has_data(paths: BoxPaths) -> bool:
    try:
        return (paths.data_dir / "box.db").exists()
    except OSError:
        return True  # somebody else's folder: opening it says what is wrong
