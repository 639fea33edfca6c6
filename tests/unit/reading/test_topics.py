"""Whether a README says something on a topic, on pages that are read by the real reader."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from grader.reading.read import read_submission
from grader.reading.topics import TOPICS, Answer, TopicName, said_on
from grader.records import Readme, Submission, SubmittedFile


@pytest.fixture
def said(tmp_path: Path):
    def ask(text: str, topic: TopicName) -> Answer:
        (tmp_path / "README.md").write_text(text, "utf-8")
        handed_in = (SubmittedFile("README.md", len(text), ""),)
        submission = Submission("x", "folder", "x", "", "", "", "", False, "", handed_in)
        readme = read_submission(tmp_path, submission).readme
        assert isinstance(readme, Readme)
        return said_on(readme, topic).answer

    return ask


EXPLAINED: list[tuple[TopicName, str]] = [
    ("data representation", "The random number is given to the network as a one-hot vector of length 10."),
    ("data representation", "We encode the sum as 5 bits, and the label as an integer from 0 to 9."),
    ("random numbers", "The second input is made with `torch.randint(0, 10, (batch_size,))` for each batch."),
    ("random numbers", "Random digits are drawn uniformly when the dataset is created."),
    ("combined inputs", "The flattened features and the number are concatenated before the fc1 layer."),
    ("combined inputs", "After the last convolution we join both inputs with torch.cat."),
    ("evaluation", "After every epoch the accuracy on the test set is computed for both outputs."),
    ("evaluation", "An answer is correct when the argmax equals the label, over all unseen test images."),
    ("results", "The network reaches 98.9 % on the digits and 97.1 % on the sums."),
    ("results", "The accuracy is 0.981 for the image after ten epochs."),
    ("choice of the loss", "We use CrossEntropyLoss for both because both are classification problems."),
    ("forward pass", "Each hidden neuron is the weighted sum of its inputs, squashed by a sigmoid."),
    ("forward pass", "h1 = w1*i1 + w2*i2, and the sigmoid of it gives the output a_h1 of the neuron."),
    ("chain rule", "By the chain rule, ∂E/∂w5 is the product of three partial derivatives."),
    ("chain rule", "We take the partial derivative of the total error with respect to each weight."),
    ("weight update", "Every weight is updated by subtracting the learning rate times its gradient."),
    ("weight update", "The new weight is w5 - η * ∂E/∂w5, and the update is done for all eight at once."),
    ("choice of the loss", "Since the sum is a number, MSE was taken for it and NLL for the digit."),
    ("augmentation", "The training images are augmented with random crops of 64 and a horizontal flip."),
    ("augmentation", "As transforms we take a rotation by up to ten degrees and a cutout of 16x16."),
]
NAMED: list[tuple[TopicName, str]] = [
    ("data representation", "## Data representation\n\nPlease look at the notebook for this part."),
    ("random numbers", "The other input is a random number between 0 and 9."),
    ("combined inputs", "Both inputs are then combined by the network in a clever way."),
    ("evaluation", "We looked at the accuracy of the network from time to time."),
    ("results", "The results of the network are good and better than expected."),
    ("forward pass", "The network has one hidden layer, as it was shown in class."),
    ("chain rule", "The half is there so that the derivative of the error has no factor 2."),
    ("chain rule", "The gradients of all layers are in the sheet, one column each."),
    ("weight update", "We tried several values of the learning rate in the sheet."),
    ("choice of the loss", "The loss of the network is CrossEntropyLoss in every case."),
    ("augmentation", "Some data augmentation was used while the network was trained."),
]


@pytest.mark.parametrize(("topic", "text"), EXPLAINED)
def test_what_students_write_explains(said, topic: TopicName, text: str) -> None:
    assert said(f"# Sums\n\n{text}\n", topic) == "explained"


@pytest.mark.parametrize(("topic", "text"), NAMED)
def test_what_only_names_it_goes_to_a_person(said, topic: TopicName, text: str) -> None:
    assert said(f"# Sums\n\n{text}\n", topic) == "named"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_on_something_else_says_nothing(said, topic: TopicName) -> None:
    page = "# Holidays\n\nWe went to the sea and swam every morning. The weather was kind to us.\n"
    assert said(page, topic) == "missing"


@pytest.mark.parametrize("topic", TOPICS)
def test_code_and_the_title_explain_nothing(said, topic: TopicName) -> None:
    told = "\n".join(text for name, text in EXPLAINED if name == topic)
    assert (
        said(f"# {told.splitlines()[0]}\n\n```text\n{told}\n```\n\nIt is a small project.\n", topic)
        == "missing"
    )


def test_a_heading_names_and_the_texts_below_it_explain_together(said) -> None:
    page = "# Sums\n\n## Cross-entropy\n\n- It is used for both outputs.\n- The reason: CrossEntropyLoss compares classes.\n"
    assert said(page, "choice of the loss") == "explained"


def test_a_reason_without_a_loss_is_none(said) -> None:
    assert (
        said("# Sums\n\nWe trained it longer because the loss was high.\n", "choice of the loss") == "missing"
    )


def test_rows_of_a_table_hold_results_and_no_evaluation(said) -> None:
    page = "# Sums\n\n| test set | accuracy |\n| --- | --- |\n| digits that are right in the end | 98.1 % |\n"
    assert said(page, "results") == "explained"
    assert said(page, "evaluation") == "missing"


def test_the_right_words_in_random_order_explain_nothing(said) -> None:
    words = (
        "the loss of the output is cross-entropy because it is the one that fits to the classes and it has been in "
        "use for each of the tasks that we have seen in this course and in the other ones before"
    ).split()
    random.Random(5).shuffle(words)
    assert said(f"# Sums\n\n{' '.join(words)}.\n", "choice of the loss") == "named"


@pytest.mark.timeout(60)
def test_a_long_word_and_a_long_row_of_words_are_no_explanation(said) -> None:
    page = "# Sums\n\n" + "cross-entropy " * 10_000 + "\n\n" + "rand" * 30_000 + "\n"
    found = {topic: said(page, topic) for topic in TOPICS}
    assert found["choice of the loss"] == "named"
    assert "explained" not in found.values()
