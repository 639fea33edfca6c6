"""A language model that is small enough for a function's zip file: words, counted in threes.

The next word is drawn from those that followed the last two words in the text; where the two were never seen
together, from those that followed the last one.
"""

import random
from collections import defaultdict
from pathlib import Path

NAME = "trigrams-v1"
WORDS = 14


class Trigrams:
    def __init__(self, text):
        words = text.split()
        self.words = words
        self.after_two = defaultdict(list)
        self.after_one = defaultdict(list)
        for first, second, third in zip(words, words[1:], words[2:]):
            self.after_two[first.lower(), second.lower()].append(third)
            self.after_one[second.lower()].append(third)

    @classmethod
    def from_file(cls):
        return cls(Path(__file__).with_name("notes.txt").read_text(encoding="utf-8"))

    def answer(self, prompt):
        """The prompt's next words, up to the end of a sentence."""
        said = prompt.split()
        drawn = []
        while len(drawn) < WORDS or not drawn[-1].endswith("."):
            drawn.append(self.next_word(said + drawn))
            if len(drawn) > 3 * WORDS:
                break
        return " ".join(drawn)

    def next_word(self, said):
        last = [word.lower() for word in said[-2:]]
        choices = self.after_two.get(tuple(last)) or self.after_one.get(last[-1]) or self.words
        return random.choice(choices)
