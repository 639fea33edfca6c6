"""What people see of a run: every format is a view of one `RunRecord` and of nothing else.

Each file beside `interface` that has a `file_name` is a format: whole reports (`html`, `json`, `markdown`, `terminal`),
and the grade as other systems take it (`gradescope`, `classroom50`, `junit`, `actions_summary`, `actions_annotations`).
What a report says is decided once, in `words` and `sections`; a format only decides how that looks.
"""
