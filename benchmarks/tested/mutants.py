"""Change what the book computes, in one place each, and count what no test notices: `make mutants`.

A mutant is a function with one change, such as + for -. For Python, mutmut makes all of them, one
beside the other in the module as it is imported, and calls the one that is named. The tests are
collected once; then each mutant has a process of its own, forked before TensorFlow's first step,
that runs the quick tests which reach its function, until one fails. For the forward passes of the
pages, StrykerJS makes the mutants, and `mutants.mjs` asks each what the tests ask of the page.

A random sample of all mutants is tried. Not among them are changes in a `raise` and of
`verbose`, which nobody computes with, and of `strict` in `zip`, whose mistakes are refused before.
Nor is, in a script, a last round more of a loop that fills a typed array: it changes nothing.
Why each survivor may live is in `survivors.json`.

    python -m benchmarks.tested.mutants [seed [module ...]]
"""

import contextlib
import difflib
import importlib.machinery
import importlib.metadata
import json
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import typing
from collections.abc import Callable

import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.file_mutation import mutate_file_contents
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

ROOT = pathlib.Path(__file__).parent.parent.parent
REASONS = json.loads((ROOT / "benchmarks/tested/survivors.json").read_text(encoding="utf-8"))
PROCESSES = os.cpu_count() or 1
SAMPLE = 400  # mutants of the package that are tried, and half as many of each script
LONGEST = 2.0  # seconds of the processor: a slower test is not run
# What computes something that the book teaches, and its tests.
MODULES = {
    "ops": ["test_ops.py"],
    "numpy_network": ["test_numpy_network.py"],
    "shapes": ["test_shapes.py"],
    "metrics": ["test_metrics.py"],
    "checks": ["test_checks.py"],
    "transforms": ["test_transforms.py"],
    "preprocessing": ["test_preprocessing.py"],
    "applications.boxes": ["applications/test_boxes.py", "detection/test_detection_refusals.py"],
    "detection.metrics": ["detection/test_detection_metrics.py"],
    "classification.abstention": ["classification/test_abstention.py"],
    "generation.scores": ["generation/test_scores.py", "generation/test_generation_refusals.py"],
}
LOOKS = r"(, )?(strict|verbose)=\w+"
INSTRUMENTER = "@stryker-mutator/instrumenter@9.6.1"


class Mutated(importlib.machinery.SourceFileLoader):
    """Loads a module with all its mutants beside it; none is called before it is named."""

    made: typing.ClassVar[dict] = {}  # what mutmut made of each module

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        """Take the place of Python's own finder for the modules that are changed."""
        if name.removeprefix("cnnbook.") not in MODULES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        spec.loader = cls(name, spec.origin)
        return spec

    def get_code(self, name):
        """Compile the changed text, never a stored one."""
        source = pathlib.Path(self.path).read_text(encoding="utf-8")
        made = self.made[name] = mutate_file_contents(self.path, source)
        return compile(made.code, self.path, "exec")

    @classmethod
    def change(cls, mutant: str) -> tuple[str, str]:
        """Return the lines that a mutant changes, and what they become."""
        module, _, name = mutant.rpartition(".")
        made, function = cls.made[module], name.rpartition("__mutmut_")[0]
        lines, texts = made.code.splitlines(), []
        for each in (f"{function}__mutmut_orig", name):
            span = made.line_span_by_function_name[each]
            some = lines[span.start - 1 : span.end]
            texts.append([line.strip().replace(each, function) for line in some])
        delta = list(difflib.unified_diff(*texts, n=0, lineterm=""))[2:]  # without its head
        return tuple(" ".join(line[1:] for line in delta if line[0] == sign) for sign in "-+")


class Trials:
    """A pytest plugin that runs the collected tests for each mutant, not once in all."""

    def __init__(self, mutants: list[str], found: pathlib.Path) -> None:
        self.mutants, self.found = mutants, found

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn which tests reach which function, then try each mutant."""
        items = session.items
        start_process(lambda: self.learn(items))
        if os.wait()[1]:
            raise SystemExit("A test fails where nothing is changed.")
        reached, seconds = json.loads(self.found.read_text(encoding="utf-8"))
        self.found.write_text("")
        running = 0
        for mutant in self.mutants:
            tests = reached.get(mutant.rpartition("__mutmut_")[0], [])
            tests = sorted((n for n in tests if seconds[n] <= LONGEST), key=seconds.__getitem__)
            if running == PROCESSES:
                running -= bool(os.wait())
            # Quick ones first, so that most mutants end at once.
            work = self.trial(mutant, [items[number] for number in tests])
            start_process(work, 5 + 5 * sum(seconds[number] for number in tests))
            running += 1
        while running:
            running -= bool(os.wait())
        return True

    def learn(self, items: list[pytest.Item]) -> None:
        """Run all tests as they are; note whom each reaches, and how long it takes."""
        set_mutant_under_test("stats")
        reached, seconds = {}, []
        for number, item in enumerate(items):
            start = time.process_time()
            if fails(item, items[number + 1 : number + 2]):
                os._exit(1)
            seconds.append(time.process_time() - start)
            for function in state()._stats:
                reached.setdefault(function, []).append(number)
            state()._stats.clear()
        self.found.write_text(json.dumps([reached, seconds]), encoding="utf-8")

    def trial(self, mutant: str, items: list[pytest.Item]) -> Callable:
        """Return a function that runs tests with a mutant until one fails, and writes which."""

        def work() -> None:
            set_mutant_under_test(mutant)
            self.note(mutant, "time")  # stands if this process is ended
            failed = (
                item.nodeid for n, item in enumerate(items) if fails(item, items[n + 1 : n + 2])
            )
            self.note(mutant, next(failed, None))

        return work

    def note(self, mutant: str, killer: str | None) -> None:
        """Append a line to what was found; the last one on a mutant counts."""
        with self.found.open("a", encoding="utf-8") as file:
            file.write(json.dumps([mutant, killer]) + "\n")


def fails(item: pytest.Item, following: list[pytest.Item]) -> bool:
    """Run a test; what the following one needs too is kept for it."""
    reports = runtestprotocol(item, log=False, nextitem=following[0] if following else None)
    return any(report.failed for report in reports)


def start_process(work: Callable, seconds: float = 1000) -> None:
    """Do some work in a process of its own, silent, in at most so much time of the processor."""
    if os.fork():
        return
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    limit = int(time.process_time() + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
    signal.alarm(30 * int(seconds))  # where it waits for ever
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def mutants_of(module: str) -> list[str]:
    """Import a module with its mutants, and name them, without those that count for nothing."""
    importlib.import_module(f"cnnbook.{module}")
    made = Mutated.made[f"cnnbook.{module}"]
    named = [f"cnnbook.{module}.{mutant}" for mutant in made.mutant_names]

    def matters(mutant: str) -> bool:
        texts = (re.sub(LOOKS, "", text) for text in Mutated.change(mutant))
        was, becomes = (re.sub(r"[, ]*\)", ")", text).rstrip(",)") for text in texts)
        return was != becomes

    return [mutant for mutant in named if matters(mutant)]


def try_package(seed: int, modules: list[str]) -> list[dict]:
    """Try a sample of the mutants of modules; return a row a module."""
    sys.meta_path.insert(0, Mutated)
    mutants = {mutant: module for module in modules for mutant in mutants_of(module)}
    sample = random.Random(seed).sample(list(mutants), min(SAMPLE, len(mutants)))
    # One example that fails is enough, and none is kept for the next mutant.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    options = {"database": None, "deadline": None, "derandomize": True, "phases": phases}
    hypothesis.settings.register_profile("mutants", **options)
    hypothesis.settings.load_profile("mutants")
    with tempfile.TemporaryDirectory() as folder:
        found = pathlib.Path(folder) / "found"
        files = dict.fromkeys(file for module in modules for file in MODULES[module])
        paths = [str(ROOT / "tests" / file) for file in files]
        pytest.main(["-q", "-s", "-p", "no:cacheprovider", *paths], plugins=[Trials(sample, found)])
        lines = found.read_text(encoding="utf-8").splitlines()
    killers = dict(json.loads(line) for line in lines)
    rows = []
    for module in modules:
        tried = {mutant: killers[mutant] for mutant in sample if mutants[mutant] == module}
        changes = ["  ->  ".join(Mutated.change(m)) for m, killer in tried.items() if not killer]
        made = sum(of == module for of in mutants.values())
        rows.append(row(f"cnnbook/{module.replace('.', '/')}", made, len(tried), changes))
    return rows


def row(name: str, made: int, tried: int, survivors: list[str]) -> dict:
    """Return a row of the table; each survivor has a reason, or still needs one."""
    told = [(change, REASONS.get(change, "")) for change in sorted(survivors)]
    killed = tried - len(survivors)
    return {"name": name, "mutants": made, "tried": tried, "killed": killed, "survivors": told}


def calls(test: Callable) -> list[tuple[str, str]]:
    """Return what a test of the pages' scripts asks of the page: a function and its argument."""
    asked = []

    class Page:
        def __call__(self, *arguments):
            return self  # opened

        def evaluate(self, function, argument):
            asked.append((function, json.dumps(argument)))
            raise StopIteration  # the answer is not needed

    with contextlib.suppress(StopIteration):
        test(Page())
    return asked


def try_page(seed: int) -> list[dict]:
    """Try a sample of the mutants of the pages' two forward passes; return a row a script."""
    sys.path[:0] = [str(ROOT / folder) for folder in ("tests", "tests/playground", "_ext")]
    import test_forward_pass as published
    import test_graph as stored

    tests = {
        "network.js": [
            published.test_a_class_has_its_number_unless_the_data_name_it,
            published.test_each_layer_that_a_published_network_may_have_gives_what_keras_gives,
            published.test_weights_of_16_bits_are_read_exactly,
            published.test_random_kernels_are_even_up_to_glorot_s_limit_and_repeat_with_their_seed,
            published.test_a_maximum_comes_from_the_first_of_equal_values,
            published.test_a_softmax_of_large_logits_does_not_overflow,
        ],
        "graph.js": [
            stored.test_a_run_in_steps_gives_the_same_unless_it_is_stopped,
            stored.test_the_largest_of_each_row_is_the_first_of_equal_ones,
            stored.test_a_softmax_goes_along_the_last_axis_and_does_not_overflow,
            stored.test_kernels_of_whole_steps_lose_nothing_in_8_bits,
            stored.test_a_word_and_a_sound_are_one_row_high,
            stored.test_each_symbol_has_a_row_of_the_table,
            stored.test_windows_lie_where_keras_lays_them,
            stored.test_every_layer_that_the_pages_know_gives_what_keras_gives,
        ],
    }
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        install = ["npm", "install", "--silent", "--no-save", "--prefix", folder, INSTRUMENTER]
        subprocess.run(install, check=True)
        for script, some in tests.items():
            file = pathlib.Path(folder) / "questions.json"
            file.write_text(json.dumps([call for test in some for call in calls(test)]))
            command = ["node", pathlib.Path(__file__).with_suffix(".mjs"), folder]
            command += [ROOT / "playground" / script, file, str(SAMPLE // 2), str(seed)]
            output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            rows.append(row(f"playground/{script}", *json.loads(output)))
    return rows


def main() -> None:
    """Try the samples, and store the table."""
    seed = int(sys.argv[1]) if sys.argv[1:] else 1
    rows = try_package(seed, sys.argv[2:] or list(MODULES)) + try_page(seed)
    from benchmarks import results  # with the package, whose modules are changed as they come in

    for each in rows:
        print(*(each[key] for key in ("name", "mutants", "tried", "killed")))
        for change, reason in each["survivors"]:
            print("   ", change, "|", reason or "no reason yet")
    tools = [f"mutmut {importlib.metadata.version('mutmut')}", INSTRUMENTER]
    results.save("tested/mutants", {"tools": tools, "seed": seed, "rows": rows})


if __name__ == "__main__":
    main()
