"""The class sheet (班级合规表) and the sheet of one trainee: everything of a class on one page."""
