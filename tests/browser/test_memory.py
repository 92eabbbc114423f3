"""A lab that is moved for hours needs no more memory: what the page showed before is let go."""

from pathlib import Path

from labkit.catalogue import lab_paths, read_lab
from soak import LONG, Soak
from student import Student

ROOT = Path(__file__).parents[2]
WARM_UP, MOVES = 25, 40
MOST_MB = 4  # a move's outputs are 0.3 MB: kept, they would be 12 MB; code that the browser compiles meanwhile is 1 MB


def test_the_page_lets_go_of_what_it_showed_before(context, site):
    (path,) = [p for p in lab_paths(ROOT / "labs") if p.stem == LONG]
    student = Student(context.new_page(), read_lab(path))
    student.open(f"{site}/labs/{path.parent.name}/{path.stem}.html")
    exp = student.lab.experiments[0]
    student.lock(exp)
    run = Soak(student)

    def held_after(moves: int):
        for _ in range(moves):
            run.move(exp)
        return run.size()

    before, after = held_after(WARM_UP), held_after(MOVES)
    assert len(run.moves) > 0.9 * (WARM_UP + MOVES), "nearly every move changes what is shown"
    assert after.page_mb - before.page_mb < MOST_MB, f"{before} → {after}"
    assert after.nodes < 1.3 * before.nodes and after.listeners < 1.3 * before.listeners, f"{before} → {after}"
    run.check()
