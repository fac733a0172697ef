"""A YAML file as a pydantic model; what the model refuses is told as mistakes of the file, in Russian."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gridline.yaml.file import Mistake, YamlFile, misconfigured

Model = TypeVar("Model", bound=BaseModel)

SAID = {
    "missing": ("нет обязательного поля", "Добавьте его."),
    "extra_forbidden": ("такого поля нет", "Исправьте имя или уберите строку."),
    "too_short": ("пусто", "Впишите хотя бы одно значение."),
    "string_too_short": ("пусто", "Впишите значение."),
    "string_too_long": ("слишком длинно", "Сократите."),
    "string_type": ("нужен текст", "Впишите одно значение."),
    "int_parsing": ("нужно целое число", "Впишите его цифрами."),
    "greater_than_equal": ("число слишком маленькое", "Впишите большее."),
    "less_than_equal": ("число слишком большое", "Впишите меньшее."),
    "bool_parsing": ("нужно да или нет", "Впишите true или false."),
    "tuple_type": ("нужен список", "Каждое значение — с новой строки после «- »."),
    "dict_type": ("нужны пары «ключ: значение»", "Впишите их с отступом."),
    "model_type": ("нужны пары «ключ: значение»", "Впишите их с отступом."),
}
"""What pydantic finds, in the words of the person who keeps the file."""


def validated(file: YamlFile, model: type[Model], shapes: Mapping[str, str]) -> Model:
    """The file as a model. `shapes` says in words what each pattern of the model wants.

    A ValueError of the model's own validators is "what is wrong. How to cure it." Raises Misconfigured with every
    mistake, each at its line.
    """
    if file.mistakes:
        raise misconfigured(file.path, file.mistakes)
    try:
        return model.model_validate(file.tree)
    except ValidationError as error:
        raise misconfigured(file.path, [_told(file, one, shapes) for one in _causes(error.errors())]) from error


def _causes(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Without the emptiness that pydantic reports of a list whose every value was refused for a reason of its own."""
    for error in errors:
        loc = error["loc"]
        deeper = any(len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in errors)
        if not (error["type"] == "too_short" and deeper):
            yield error


def _told(file: YamlFile, error: ErrorDetails, shapes: Mapping[str, str]) -> Mistake:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        what, _, cure = str(context["error"]).partition(". ")
    elif kind in ("literal_error", "enum"):
        what, cure = f"«{error['input']}» не подходит", f"Возможны: {context['expected'].replace(' or ', ', ')}."
    elif kind == "string_pattern_mismatch":
        what, cure = f"«{error['input']}» не подходит", shapes[context["pattern"]]
    else:
        what, cure = SAID.get(kind, (error["msg"], "Исправьте значение."))
    return Mistake(file.line(*loc), f"{'.'.join(map(str, loc)) or 'файл'}: {what}.", cure)
