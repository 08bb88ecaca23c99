/** The lesson page's islands. */

import { LessonJump } from "./lesson-jump.ts";
import { LessonPlayer } from "./lesson-player.ts";
import { LessonTimeline } from "./lesson-timeline.ts";

customElements.define("lesson-player", LessonPlayer);
customElements.define("lesson-timeline", LessonTimeline);
customElements.define("lesson-jump", LessonJump);
