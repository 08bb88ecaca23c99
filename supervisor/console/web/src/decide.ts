/** The islands of the pages on which people decide. */

import { ExplainForm } from "./explain-form.ts";
import { keepSwitch } from "./keys.ts";
import { LessonDecision } from "./lesson-decision.ts";
import { TodoList } from "./todo-list.ts";

keepSwitch();
customElements.define("todo-list", TodoList);
customElements.define("lesson-decision", LessonDecision);
customElements.define("explain-form", ExplainForm);
