"""Log lines: one result per epoch, whatever the shape."""

from __future__ import annotations

import pytest

from grader.reading.logs import Line, log_lines, table_log_lines


def read(text: str, strict: bool = False) -> list[tuple[int, float, int]]:
    lines = [Line(f"log:{number}", line) for number, line in enumerate(text.split("\n"), 1)]
    return [(line.epoch, line.test_accuracy, line.test_images) for line in log_lines(lines, strict)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EPOCH: 3\nLoss=0.1 Batch_id=468 Accuracy=97.2: 100%|██| 469/469 [00:38<00:00]\n\n"
         "Test set: Average loss: 0.0473, Accuracy: 9855/10000 (98.55%)", [(3, 0.9855, 10_000)]),
        ("Epoch 1/1 - loss: 0.12 - acc: 0.95 - val_loss: 0.1 - val_acc: 0.987", [(1, 0.987, 0)]),
        ("Epoch: 01 | Train Acc: 97.1% | Test Acc: 98.6%\nEpoch: 02 | Train Acc: 97.9% | Test Acc: 98.7%",
         [(1, 0.986, 0), (2, 0.987, 0)]),
        ("Epoch 1: Train Loss=0.2, Train Acc=95.0%, Test Loss=0.1, Test Acc=98.61%", [(1, 0.9861, 0)]),
        (("Test set: Accuracy: 9855/10000 (98.55%)\nEpoch: 1\n"
"Test set: Accuracy: 9856/10000 (98.56%)\nEpoch: 2"),
         [(1, 0.9855, 10_000), (2, 0.9856, 10_000)]),
        (("EPOCH: 0\nTest set: Accuracy: 57150/60000 (95.25%)\nEPOCH: 1\n"
"Test set: Accuracy: 57600/60000 (96%)"),
         [(1, 0.9525, 60_000), (2, 0.96, 60_000)]),
        (("Epoch 1/1\n"
"469/469 [====] - 12s - loss: 0.2 - accuracy: 0.93 - val_loss: 0.06 - val_accuracy: 0.9812"),
         [(1, 0.9812, 0)]),
        ("[Epoch 2] loss 0.1 Test Accuracy: tensor(0.9812)", [(2, 0.9812, 0)]),
        ("Epoch=2 acc(val)=0.97", [(2, 0.97, 0)]),
        ("Accuracy of the network on the 10000 test images: 98 %", [(0, 0.98, 0)]),
        (("Epoch 1: 100%|██| 469/469 [00:12, 38.5it/s, train_acc=94.1]\n"
"Test: 100%|██| 79/79 [00:01, acc=98.1]"),
         [(1, 0.981, 0)]),
        ("Epoch 1\nTraining accuracy: 97.2%\nValidation accuracy: 98.2%", [(1, 0.982, 0)]),
    ],
)  # fmt: skip
def test_the_shapes_in_which_students_log(text, expected):
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Epochs: 20\nAccuracy: 98",
        "Test accuracy > 95 % in epoch 1",
        "Target: test accuracy: >= 99.4",
        "Test set: Average loss: 0.1",
        "Test accuracy: 981",
        "Test Accuracy: 12000/10000",
        "Testing the latest accuracy of 3 models",
    ],
)
def test_what_is_no_result(text):
    assert read(text) == []


def test_training_accuracy_alone_is_kept_as_such():
    assert read("Epoch 1 train accuracy: 97 %\nEpoch 2 train accuracy: 98 %") == [(1, -1.0, 0), (2, -1.0, 0)]


def test_running_text_is_a_log_only_where_it_looks_like_one():
    assert read("The final test accuracy is 98.8 %", strict=True) == []
    assert read("Epoch 1: test accuracy 98.8 %", strict=True) == [(1, 0.988, 0)]


def test_long_lines_are_cut_and_cleaned():
    (line,) = log_lines([Line("p", "Epoch 1 Test Accuracy: 98 %\x1b[31m" + "x" * 10_000)])
    assert "\x1b" not in line.text
    assert len(line.text) <= 200


def rows(*cells: tuple[str, ...]) -> list[tuple[Line, tuple[str, ...]]]:
    return [(Line(f"README.md:{number}", " | ".join(row)), row) for number, row in enumerate(cells, 10)]


def test_a_table_with_an_epoch_column():
    found = table_log_lines(
        rows(("Epoch", "Train Acc", "Val. Acc (%)"), ("0", "90", "97.5"), ("1", "95", "0.98"))
    )
    assert [(line.place, line.epoch, line.test_accuracy) for line in found] == [
        ("README.md:11", 1, 0.975),
        ("README.md:12", 2, 0.0098),
    ]


def test_a_table_on_its_side():
    found = table_log_lines(
        rows(
            ("", "Epoch 1", "Epoch 2"), ("Train accuracy", "90 %", "91 %"), ("Test accuracy", "97 %", "0.98")
        )
    )
    assert [(line.epoch, line.test_accuracy) for line in found] == [(1, 0.97), (2, 0.98)]


@pytest.mark.parametrize(
    "table",
    [
        (),
        (("Epoch", "Train accuracy"), ("1", "97 %")),
        (("Metric", "Value"), ("Test accuracy", "98 %")),
        (("Epoch", "Test accuracy"), ("1",), ("x", "98 %"), ("2", "-")),
    ],
)
def test_tables_without_a_test_result_per_epoch(table):
    assert table_log_lines(rows(*table)) == ()


TQDM = [
    "EPOCH: 0",
    "Loss=0.0871 Batch_id=468 Accuracy=89.21: 100%|██████████| 469/469 [00:21<00:00, 21.8it/s]",
    "LR: [0.3]",
    "Test set: Average loss: 0.0612, Accuracy: 9801/10000 (98.01%)",
    "EPOCH: 1",
    "Loss=0.0312 Batch_id=468 Accuracy=97.62: 100%|██████████| 469/469 [00:21<00:00, 21.8it/s]",
    "Test set: Average loss: 0.0412, Accuracy: 9874/10000 (98.74%)",
]


def beside(lines):
    return [
        (one.epoch, one.test_accuracy, one.train_accuracy, one.loss, one.learning_rate)
        for one in log_lines([Line("a", line) for line in lines])
    ]


def test_what_the_progress_bar_shows_stands_beside_the_epochs_result():
    assert beside(TQDM) == [(1, 0.9801, 0.8921, 0.0871, 0.3), (2, 0.9874, 0.9762, 0.0312, -1.0)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "Epoch 3/20 | Train Loss: 0.0512 | Train Acc: 98.11% | Test Loss: 0.0301 | Test Acc: 99.02% | LR: 0.010000",
            (3, 0.9902, 0.9811, 0.0512, 0.01),
        ),
        ("epoch=2 train_loss=1.5e-02 train_acc=0.985 val_acc=0.981 lr=1e-3", (2, 0.981, 0.985, 0.015, 0.001)),
        ("Epoch 1: test accuracy 97.10%, test loss 0.09", (1, 0.971, -1.0, -1.0, -1.0)),
        (
            "Epoch 5: Train accuracy: 57150/60000 (95.25%), Test accuracy: 9855/10000",
            (5, 0.9855, 0.9525, -1.0, -1.0),
        ),
        ("Epoch 4, train accuracy: 98.5%", (4, -1.0, 0.985, -1.0, -1.0)),
    ],
    ids=["print", "equals", "test alone", "counts", "train alone"],
)
def test_one_line_with_both(line, expected):
    assert beside([line]) == [expected]


def test_the_denominator_shows_which_images_were_counted():
    lines = ["Epoch 1", "Test set: Average loss: 0.0006, Accuracy: 57150/60000 (95.25%)"]
    (found,) = log_lines([Line("a", line) for line in lines])
    assert (found.test_images, found.test_accuracy) == (60_000, 0.9525)


def test_a_wish_is_no_rate_and_no_loss():
    lines = ["target: train accuracy 99.9 loss 0.001 lr 5", "Epoch 1 test accuracy 98.0%"]
    assert beside(lines) == [(1, 0.98, -1.0, -1.0, -1.0)]


def test_a_table_of_epochs_with_everything_beside():
    table = [
        ("Epoch", "Train Loss", "Train Acc (%)", "Test Loss", "Test Acc (%)", "LR"),
        ("1", "0.251", "92.10", "0.081", "97.50", "1e-2"),
        ("2", "0.081", "97.62", "0.052", "98.40", "0.001"),
    ]
    rows = [(Line(f"README.md:{number}", " | ".join(cells)), cells) for number, cells in enumerate(table, 1)]
    assert [
        (one.epoch, one.test_accuracy, one.train_accuracy, one.loss, one.learning_rate)
        for one in table_log_lines(rows)
    ] == [(1, 0.975, 0.921, 0.251, 0.01), (2, 0.984, 0.9762, 0.081, 0.001)]


def test_a_log_of_losses_alone_has_its_epochs():
    text = "    Loss at Epoch 0: 1.3994579280100272\n    Loss at Epoch 1: 0.2154729304313439"
    assert read(text) == [(1, -1.0, 0), (2, -1.0, 0)]
    assert read("Epoch [1/2], loss: 0.31, val loss: 0.28\nEpoch [2/2], loss: 0.21") == [
        (1, -1.0, 0),
        (2, -1.0, 0),
    ]


def test_of_the_losses_within_an_epoch_the_last_one_stands():
    text = "Epoch 1, step 100, loss 0.9\nEpoch 1, step 200, loss 0.4\nEpoch 2, step 100, loss 0.3"
    lines = log_lines([Line("log", line) for line in text.split("\n")])
    assert [(line.epoch, line.text) for line in lines] == [
        (1, "Epoch 1, step 200, loss 0.4"),
        (2, "Epoch 2, step 100, loss 0.3"),
    ]


@pytest.mark.parametrize(
    "text", ["Epoch 1: 40%|██ | loss=0.31", "In epoch 3 the target is a loss of 0.1", "Epoch 2: loss falls"]
)
def test_what_is_no_loss_of_an_epoch(text):
    assert read(text) == []


def test_running_text_with_a_loss_is_no_log():
    assert read("After epoch 3 the loss was 0.21.", strict=True) == []


def test_a_loss_beside_a_test_result_is_no_line_of_its_own():
    assert read("Epoch 1: loss 0.31\nTest Accuracy: 98.2%") == [(1, 0.982, 0)]
