"""How far a long command is: a bar on a terminal, and elsewhere a line for each step."""

from io import StringIO

from django.core.management.base import OutputWrapper

from dispatch.management.progress import bar


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_each_step_is_a_line_and_none_comes_twice() -> None:
    output = StringIO()
    with bar(OutputWrapper(output)) as shown:
        for step in ("1 of 2", "1 of 2", "2 of 2"):
            shown.tell(step, 1, 2)
    assert output.getvalue() == "1 of 2\n2 of 2\n"


def test_on_a_terminal_it_is_a_bar_and_lines_end_as_before_afterwards() -> None:
    output = Terminal()
    wrapper = OutputWrapper(output)
    with bar(wrapper) as shown:
        shown.tell("[1] of 2", 1, 2)
        shown.tell("[2] of 2", 2, 2)
    assert "━" in output.getvalue()
    assert "[2] of 2" in output.getvalue()
    wrapper.write("done")
    assert output.getvalue().endswith("done\n")
