"""Shows what each part of a filter comes to as a tree: the same for the workbench and for "why not?"."""

from django.template.loader import render_to_string

from dispatch.revealing import Shown


def shown_explanation(tree: Shown, blamed: tuple[Shown, ...] = ()) -> str:
    """Nested HTML. `blamed` are the parts that decided; they are marked."""
    context = {"part": tree, "places": {(part.start, part.end) for part in blamed}}
    return render_to_string("dispatch/admin/explanation.html", context)
