"""What the sections of evidence say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.records import (
    Absent,
    Candidate,
    Claim,
    Explanations,
    LeftOut,
    Link,
    Probe,
    Projection,
    RunRecord,
)
from grader.report.sections import (
    data,
    handed_in,
    integrity,
    mistakes,
    model,
    provenance,
    readme,
    sections,
    training,
)
from grader.report.sections.history import has_any
from grader.report.sections.interface import ROWS_SHOWN, Section, Table


def table(section: Section, title: str) -> Table:
    (found,) = [one for one in section.tables if one.title == title]
    return found


def facts(section: Section) -> dict[str, str]:
    return {fact.label: fact.value for fact in section.facts}


def test_every_row_is_as_wide_as_its_heads(example_record: RunRecord) -> None:
    for section in sections(example_record):
        for one in section.tables:
            assert {len(row) for row in one.rows} == {len(one.columns)}
            assert not one.weights or len(one.weights) == len(one.rows)


def test_every_section_says_something(example_record: RunRecord) -> None:
    made = sections(example_record)
    assert (
        len({section.id for section in made})
        == len(made)
        == 13
        + bool(example_record.grade.adjustments)
        + bool(example_record.forecasts)
        + has_any(example_record)
    )
    assert all(section.lead or section.facts or section.tables for section in made)


def test_the_recipe_names_its_source(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    assert training.build(record).lead[0].startswith("Trained with the assignment's default recipe.")
    own = replace(record.evidence.recipe, source="student")  # type: ignore[type-var]
    lead = training.build(replace(record, evidence=replace(record.evidence, recipe=own))).lead
    assert lead[0].startswith("Trained with your own recipe.")


def test_a_recipe_shows_what_was_trained_beside_what_the_code_says(
    example_records: dict[str, RunRecord],
) -> None:
    section = training.build(example_records["own_recipe"])
    shown = facts(section)
    assert section.lead[0].startswith("Trained with your own recipe, parts of it from")
    assert "Lion is not known" in section.lead[1]
    assert shown["Epochs"] == "3 (your code: 15)"
    assert shown["Batch size"] == "128, not shuffled"
    assert shown["Schedule"] == "OneCycleLR(max_lr=0.1, total_steps=1407), stepped per batch"
    assert shown["Schedule in your code"] == "OneCycleLR(max_lr=0.1, total_steps=7035), stepped per batch"
    assert shown["Loss"] == "cross_entropy(label_smoothing=0.02)"
    assert shown["Gradient clipping"] == "clip_grad_norm_(max_norm=1)"
    assert table(section, "Where the recipe came from").rows[0] == (
        "optimizer",
        "the assignment's default: Lion is not known",
    )


def test_a_recipe_that_was_not_changed_is_shown_once(example_records: dict[str, RunRecord]) -> None:
    shown = facts(training.build(example_records["full_marks"]))
    assert shown["Epochs"] == "1"
    assert not {"Schedule in your code", "Gradient clipping"} & set(shown)


def test_what_a_trial_noted_stands_beside_its_seed(example_records: dict[str, RunRecord]) -> None:
    section = training.build(example_records["own_recipe"])
    assert "The loss rose." in table(section, "Seeds").rows[1][-1]


def test_the_seeds_and_their_mean(example_records: dict[str, RunRecord]) -> None:
    seeds = table(training.build(example_records["full_marks"]), "Seeds")
    assert seeds.rows[0] == ("11", "99.00 %", "9,900", "60,000", "21.4 s", "finished")
    assert seeds.note == (
        "Mean 98.93 % ± 0.07 points (3 seeds, 10,000 test images; "
        "the standard deviation is observed over 3 seeds)."
    )


def test_the_curve_has_its_last_point_in_the_table(example_records: dict[str, RunRecord]) -> None:
    curve = table(training.build(example_records["full_marks"]), "Training loss")
    assert len(curve.rows) <= training.CURVE_ROWS + 1
    assert curve.rows[-1][0] == "58,880"
    broken = table(training.build(example_records["diverged"]), "Training loss")
    assert any("not a number" in row for row in broken.rows)


def test_mistakes_are_added_up_and_named(example_records: dict[str, RunRecord]) -> None:
    section = mistakes.build(example_records["full_marks"])
    assert "4 taken for 9 (93×), 7 taken for 2 (42×), 9 taken for 4 (36×)" in section.lead[0]
    numbers = [[int(cell.replace(",", "")) for cell in row[1:]] for row in section.tables[0].rows]
    assert sum(map(sum, numbers)) == 30_000
    assert sum(numbers[i][i] for i in range(10)) == 9900 + 9893 + 9886


def with_confusion(record: RunRecord, matrix: mistakes.Matrix, names: tuple[str, ...] = ()) -> RunRecord:
    trial = replace(record.evidence.trials[0], confusion=matrix)
    shown = Explanations(seed=1, wrong=0, images=(), class_names=names)
    return replace(record, evidence=replace(record.evidence, trials=(trial,), explanations=shown))


def test_classes_with_names_are_told_by_them(example_records: dict[str, RunRecord]) -> None:
    matrix = ((5, 3, 0), (1, 6, 0), (0, 0, 9))
    names = ("cat", "dog", "airplane")
    section = mistakes.build(with_confusion(example_records["full_marks"], matrix, names))
    assert section.lead[0].endswith("Most often: cat taken for dog (3×), dog taken for cat (1×).")
    assert [row[0] for row in section.tables[0].rows] == ["0 cat", "1 dog", "2 airplane"]
    assert [column.title for column in section.tables[0].columns] == ["True class", "0", "1", "2"]
    other = mistakes.build(with_confusion(example_records["full_marks"], matrix, names[:2]))
    assert [row[0] for row in other.tables[0].rows] == ["0", "1", "2"]


def test_of_many_classes_the_largest_mistakes_are_listed(example_records: dict[str, RunRecord]) -> None:
    many = mistakes.MAX_CLASSES + 1
    matrix = tuple(tuple(40 if seen == true else seen for seen in range(many)) for true in range(many))
    section = mistakes.build(with_confusion(example_records["full_marks"], matrix))
    (shown,) = section.tables
    assert shown.shown_as == "plain"
    assert len(shown.rows) == mistakes.MOST
    assert shown.rows[0] == ("0", "20", "20", str(40 + sum(range(1, many))))
    assert section.lead[0].startswith("Of 21 classes, the mistakes that are made most often")
    right = tuple(tuple(7 if seen == true else 0 for seen in range(many)) for true in range(many))
    assert mistakes.build(with_confusion(example_records["full_marks"], right)).tables == ()


def test_no_mistake_at_all_is_said(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    perfect = replace(record.evidence.trials[0], confusion=((3, 0), (0, 4)))
    made = mistakes.build(replace(record, evidence=replace(record.evidence, trials=(perfect,))))
    assert "Every answer was right." in made.lead[0]


def test_layers_add_up_to_the_model(example_records: dict[str, RunRecord]) -> None:
    record = example_records["partial"]
    layers = table(model.build(record), "Layers and their parameters")
    assert sum(layers.weights) == pytest.approx(1)
    assert sum(int(row[3].replace(",", "")) for row in layers.rows) == 30_194
    assert ("spare", "Dropout", "never called", "0", "–") in layers.rows


def test_the_chosen_class_is_marked(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    bare = Candidate("other.py", 2, 1, "Other", (), False, (), ())
    reading = replace(record.evidence.reading, candidates=(*record.evidence.reading.candidates, bare))
    section = model.build(replace(record, evidence=replace(record.evidence, reading=reading)))
    candidates = table(section, "Classes that could be the model")
    assert candidates.rows == (
        ("Net", "model.py:8", "chosen; built at train.py:12"),
        ("Block", "model.py:40", "a part of Net; needs channels"),
        ("Other", "other.py, cell 2", "has no forward method of its own"),
    )
    assert candidates.note == "Net is built by train.py:12; Block is a part of Net."


def test_parameters_that_are_not_trained_are_named(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    frozen = replace(record.evidence.model, trainable=6000)  # type: ignore[type-var]
    section = model.build(replace(record, evidence=replace(record.evidence, model=frozen)))
    assert facts(section)["Parameters"] == "6,330, 330 of them are not trained"


def test_claims_stand_beside_what_was_measured(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    reading = replace(record.evidence.reading, claims=(Claim("epochs", 1, "train.ipynb, cell 2", "1 epoch"),))
    seen = replace(record.evidence, reading=reading, comparisons=())
    section = readme.build(replace(record, evidence=seen))
    assert table(section, "Numbers it states, beside what was measured").rows == (
        ("Parameters", "6,338", "6,330", "README.md:9"),
        ("Test accuracy", "98.83 %", "98.93 %", "README.md:41"),
        ("Epochs", "1", "–", "train.ipynb, cell 2"),
    )


def test_only_broken_links_are_listed(example_records: dict[str, RunRecord]) -> None:
    links = table(readme.build(example_records["full_marks"]), "Links that lead nowhere")
    assert links.rows == (("old/log.txt", "52", "not in the submission"),)
    record = example_records["full_marks"]
    page = replace(record.evidence.reading.readme, links=(Link("a.png", 1, "picture"),))  # type: ignore[type-var]
    reading = replace(record.evidence.reading, readme=page)
    section = readme.build(replace(record, evidence=replace(record.evidence, reading=reading)))
    assert "Links that lead nowhere" not in [one.title for one in section.tables]


def test_a_flag_is_a_question_to_a_person(example_records: dict[str, RunRecord]) -> None:
    section = integrity.build(example_records["review"])
    assert section.attention == (
        "A person will look at committed weights: "
        "the file init.npy, 51 kB, which looks like trained weights.",
    )
    assert facts(section) == {"Isolation level": "1: plain process", "Memory limit": "none"}


def test_a_number_that_is_not_used_says_why(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    void = replace(record.evidence.integrity, probes=(Probe("fresh process", "void", "the answers differ"),))
    section = integrity.build(replace(record, evidence=replace(record.evidence, integrity=void)))
    assert section.attention == (
        "The measured number could not be used (fresh process): the answers differ.",
    )
    assert section.lead == ()


@pytest.mark.parametrize(
    ("official", "stand_in", "word"),
    [(True, False, "The official"), (False, False, "Not the official"), (False, True, "Generated stand-in")],
)
def test_the_origin_of_the_data(
    official: bool, stand_in: bool, word: str, example_records: dict[str, RunRecord]
) -> None:
    record = example_records["full_marks"]
    found = replace(record.evidence.data, official=official, stand_in=stand_in)  # type: ignore[type-var]
    section = data.build(replace(record, evidence=replace(record.evidence, data=found)))
    assert section.lead[0].startswith(word)


def test_a_changed_folder_is_named(example_records: dict[str, RunRecord]) -> None:
    assert "State" not in facts(handed_in.build(example_records["full_marks"]))
    assert facts(handed_in.build(example_records["review"]))["State"] == "the folder differs from its commit"


def test_a_long_list_is_cut_and_counted(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    many = tuple(LeftOut(f"{n}.bin", "too large") for n in range(1000))
    submission = replace(record.evidence.submission, left_out=many, subfolder="S4")
    section = handed_in.build(replace(record, evidence=replace(record.evidence, submission=submission)))
    assert len(section.tables[0].rows) == ROWS_SHOWN
    assert section.tables[0].note == f"{1000 - ROWS_SHOWN} more, which are left out here."
    assert facts(section)["Folder"] == "S4"


def test_the_command_repeats_seeds_secret_and_threads(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    assert (
        provenance.build(record).blocks[0].text
        == f"{record.provenance.command} --seeds 11,12,13 --secret 7001 --threads 2"
    )
    unknown = replace(record, provenance=replace(record.provenance, threads=0))
    assert provenance.build(unknown).blocks[0].text.endswith("--secret 7001")
    untrained = replace(record, provenance=replace(record.provenance, seeds=()))
    assert provenance.build(untrained).blocks[0].text == record.provenance.command


# --- time and rates -----------------------------------------------------------------------------------------


def test_the_limit_of_each_trial_is_said_with_both_figures(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    lead = " ".join(training.build(record).lead)
    assert "time limit, counted in CPU time per core. The limit is 10 min" in lead
    assert "a t4 is at this task has not been measured" in lead
    assert "time limit" not in " ".join(training.build(example_records["no_model"]).lead)


def test_a_training_that_was_given_up_says_how_long_it_would_have_taken(
    example_records: dict[str, RunRecord],
) -> None:
    record = example_records["full_marks"]
    why = Absent("review", "It would need about 5 h here: not trained.", "", "train")
    trial = replace(record.evidence.trials[0], status="stopped", accuracy=why)
    found = replace(
        record.evidence, trials=(trial,), test_accuracy=why, projection=Projection(30, 7_820, 17_986.0)
    )
    lead = " ".join(training.build(replace(record, evidence=found)).lead)
    assert "about 4 h 59 min here: projected from 30 steps to 7,820 steps." in lead
    assert "A person will look at this: It would need about 5 h here" in lead


def test_the_rates_are_shown_as_they_were_run_with_both_numbers_of_epochs(
    example_records: dict[str, RunRecord],
) -> None:
    record = example_records["full_marks"]
    shown = table(training.build(record), "Learning rate, as it was run")
    assert shown.shown_as == "rates"
    assert shown.rows[0] == ("3,840", "0.01067")
    assert shown.rows[-1][0] == "58,880"
    assert shown.note.endswith("Trained for 1 epoch.")
    recipe = replace(record.evidence.recipe, stated_epochs=20)  # type: ignore[type-var]
    longer = replace(record, evidence=replace(record.evidence, recipe=recipe))
    note = table(training.build(longer), "Learning rate, as it was run").note
    assert note.endswith("Trained for 1 epoch; your code states 20 epochs.")


def test_rates_that_nobody_told_are_not_shown(example_records: dict[str, RunRecord]) -> None:
    record = example_records["full_marks"]
    trials = tuple(
        replace(trial, curve=tuple(replace(point, rate=-1.0) for point in trial.curve))
        for trial in record.evidence.trials
    )
    made = training.build(replace(record, evidence=replace(record.evidence, trials=trials)))
    assert "Learning rate, as it was run" not in [one.title for one in made.tables]


def test_where_the_time_went_is_said_where_something_was_trained(
    example_records: dict[str, RunRecord],
) -> None:
    took = facts(provenance.build(example_records["full_marks"]))["Took"]
    assert took == "1 min 31 s: training 1 min 4 s, scoring 9.6 s, all else 17.4 s"
    assert facts(provenance.build(example_records["no_model"]))["Took"] == "1 min 31 s"
