"""Every kind of mistake in a menu file is reported with file, line and cure; the version is a hash of its meaning."""

from pathlib import Path

import pytest

from gridline.errors import Misconfigured
from ivr.menus.load import load_flow
from ivr.menus.model import ActionPlace, Menu, Saying
from tests.unit.menus.files import GOOD, WORDS, spoilt, written

MISTAKES = {
    "no place at all": ("", 1, "В файле нет ни одного места. Начните с места notice"),
    "a list instead of places": ("- notice\n", 1, "В файле нет ни одного места."),
    "bad name": (spoilt("water:\n  say", "Water_1:\n  say"), 20, "Место не может называться «Water_1». Строчные"),
    "reserved name": (spoilt("water:\n  say", "hang-up:\n  say"), 20, "Место не может называться «hang-up»."),
    "empty place": (spoilt("  say: [hours, water]\n  then: more\n", ""), 20, "Место «water» пусто. Впишите say"),
    "word instead of a place": (spoilt("water:\n  say: [hours, water]\n  then: more\n", "water: more\n"), 20, "пусто"),
    "unknown word": (spoilt("  wait: 4", "  wiat: 4"), 12, "Слова «wiat» нет в этом месте. Возможно, wait?"),
    "word of another kind of place": (spoilt("  then: more", "  then: more\n  tries: 3"), 23, "Слова «tries» нет"),
    "neither says nor does": (spoilt("  say: [hours, water]\n", ""), 20, "ничего не говорит и не делает. Добавьте say"),
    "both says and does": (spoilt("  do: danger\n", "  do: danger\n  say: hours\n"), 16, "В одном месте и say, и do."),
    "no way on": (spoilt("  then: more\n", ""), 20, "Из места «water» нет выхода. Добавьте press или then"),
    "two ways on": (spoilt("  wait: 4\n", "  then: water\n"), 12, "В одном месте и press, и then. Оставьте одно"),
    "press without keys": (spoilt("{1: danger, 2: water, 0: operator}", ""), 9, "После press нет ни одной клавиши."),
    "no such key": (spoilt("2: water", "12: water"), 9, "Клавиши «12» нет. Бывают 0-9."),
    "letter as a key": (spoilt("2: water", "a: water"), 9, "Клавиши «a» нет."),
    "the star as a way": (spoilt("2: water", '"*": water'), 9, 'Клавиша * не для перехода. Пишите repeat: "*".'),
    "key twice": (spoilt("2: water", "1: water"), 9, "Ключ «1» повторён (впервые в строке 9). Оставьте один."),
    "word twice": (spoilt("  wait: 4", "  tries: 4"), 12, "Ключ «tries» повторён (впервые в строке 11)."),
    "place twice": (spoilt("water:\n  say", "danger:\n  say"), 20, "Ключ «danger» повторён (впервые в строке 15)."),
    "way to nowhere": (spoilt("2: water", "2: watr"), 9, "Места «watr» нет. Возможно, water?"),
    "then to nowhere": (spoilt("  then: more", "  then: mire"), 22, "Места «mire» нет. Возможно, more?"),
    "otherwise to nowhere": (spoilt("4\n  otherwise: astray", "4\n  otherwise: x"), 13, "Места «x» нет. Есть: astray"),
    "silence to nowhere": (spoilt("  silence: goodbye", "  silence: godbye"), 28, "Возможно, goodbye?"),
    "list as a way": (spoilt("2: water", "2: [water]"), 9, "После 2 нужно одно слово."),
    "exit without a place": (spoilt("  queued: goodbye", "  queued:"), 17, "После queued нужно одно слово."),
    "no otherwise": (spoilt("4\n  otherwise: astray", "4"), 7, "У меню «main» нет otherwise. Добавьте"),
    "repeat by another key": (
        spoilt('"*"\n  tries', '"9"\n  tries'),
        10,
        'клавишей «9» не бывает. Пишите repeat: "*"',
    ),
    "star without quotes": (spoilt('"*"\n  tries', "*\n  tries"), 10, 'Напишите её в кавычках: "*".'),
    "no tries": (spoilt("tries: 2", "tries: 0"), 11, "tries: «0» не подходит. Целое число раз от 1 до 5."),
    "tries in words": (spoilt("tries: 2", "tries: two"), 11, "tries: «two» не подходит."),
    "endless wait": (spoilt("wait: 4", "wait: 99"), 12, "wait: «99» не подходит. Целое число секунд от 2 до 15."),
    "unknown action": (spoilt("do: danger", "do: dangr"), 16, "Действия «dangr» нет. Возможно, danger?"),
    "missing exit": (spoilt("  closed: goodbye\n", ""), 36, "У действия operator не назван выход closed. Добавьте"),
    "unknown exit": (spoilt("queued: goodbye", "queued: goodbye\n  tired: goodbye"), 18, "Слова «tired» нет в этом"),
    "unknown topic": (spoilt("topic: outages", "topic: outage"), 37, "Темы «outage» нет. Возможно, outages?"),
    "topic for an action without": (spoilt("do: danger", "do: danger\n  topic: water"), 17, "Действию danger тема не"),
    "unknown prompt": (
        spoilt("say: main-menu", "say: main-manu"),
        8,
        "«main-manu» нет. Возможно, main-menu?",
    ),
    "unknown prompt in a list": (spoilt("[hours, water]", "[hours, fire]"), 21, "Подсказки «fire» нет. Есть: astray"),
    "nothing to say": (spoilt("[hours, water]", ""), 21, "нужно имя подсказки или список имён."),
    "empty list to say": (spoilt("[hours, water]", "[]"), 21, "После say нет ни одной подсказки."),
    "mapping to say": (spoilt("[hours, water]", "{a: b}"), 21, "нужно имя подсказки"),
    "one word for two keys": (
        spoilt("  wait: 4", "  wait: 4\n  words: {2: [вода, кран], 0: вода}"),
        13,
        "«вода» и для 2, и для 0. Оставьте одно.",
    ),
    "a word for no key": (spoilt("  wait: 4", "  words: {3: вода}"), 12, "Слова для клавиши «3», а в press её нет."),
    "a word in Latin": (spoilt("  wait: 4", "  words: {2: voda}"), 12, "Это не слово абонента."),
    "a word in a list": (spoilt("  wait: 4", "  words: {2: [[вода]]}"), 12, "Это не слово абонента."),
    "a very long word": (spoilt("  wait: 4", f"  words: {{2: {'в' * 41}}}"), 12, "Это не слово абонента."),
    "no words": (spoilt("  wait: 4", "  words: []"), 12, "После words нет ни одного слова."),
    "an anchor and its link": (
        spoilt("2: water, 0: operator", "2: &w water, 0: *w"),
        9,
        "Ссылки YAML (& и *)",
    ),
    "a type mark": (spoilt("wait: 4", "wait: !!int 4"), 12, "Пометка типа «tag:yaml.org,2002:int» не разрешена."),
    "a python object": (spoilt("wait: 4", "wait: !!python/name:os.system 4"), 12, "Пометка типа"),
    "a list as a key": (spoilt("2: water", "[2, 3]: water"), 9, "Ключ должен быть словом."),
    "a tabulator": (spoilt("  wait: 4", "\twait: 4"), 12, "Табуляция в отступе. Замените её пробелами."),
    "no YAML": (spoilt("2: water, 0: operator}", "2: water, 0: operator"), 10, "Это не YAML"),
    "a bell in the text": (spoilt("# line 1", "# line \x07"), 1, "недопустимый знак"),
    "brackets without end": ("a: " + "[" * 5000, 1, "слишком глубокая вложенность"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_file_line_and_cure(case: str, tmp_path: Path) -> None:
    text, line, message = MISTAKES[case]
    file = written(tmp_path, text)
    with pytest.raises(Misconfigured) as caught:
        load_flow(file, WORDS)
    told = caught.value.message.splitlines()
    assert any(one.startswith(f"{file}:{line}: ") and message in one for one in told), caught.value.message


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = spoilt("tries: 2", "tries: 9").replace("do: danger", "do: fly").replace("topic: outages", "topic: fire")
    with pytest.raises(Misconfigured) as caught:
        load_flow(written(tmp_path, text), WORDS)
    assert [one.split(":")[1] for one in caught.value.message.splitlines()] == ["11", "16", "37"]


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"nowhere\.yaml:1: Файл не читается"):
        load_flow(tmp_path / "nowhere.yaml", WORDS)
    (tmp_path / "cp1251.yaml").write_bytes("notice:\n  # привет".encode("cp1251"))
    with pytest.raises(Misconfigured, match=r"cp1251\.yaml:2: Файл не в UTF-8"):
        load_flow(tmp_path / "cp1251.yaml", WORDS)
    (tmp_path / "huge.yaml").write_bytes(b"#" * 1_000_001)
    with pytest.raises(Misconfigured, match="больше 1 МБ"):
        load_flow(tmp_path / "huge.yaml", WORDS)


def test_a_good_file_becomes_its_places(tmp_path: Path) -> None:
    flow = load_flow(written(tmp_path, GOOD), WORDS)
    assert flow.start == "notice"
    assert flow.places["main"] == Menu(
        "main", ("main-menu",), {"1": "danger", "2": "water", "0": "operator"}, "astray", "*", "", 2, 4
    )
    assert flow.places["water"] == Saying("water", ("hours", "water"), "more")
    danger = ActionPlace("danger", "danger", {"queued": "goodbye", "failed": "operator"})
    assert flow.places["danger"] == danger
    assert flow.places["operator"] == ActionPlace(
        "operator", "operator", dict.fromkeys(("callback", "closed", "unanswered", "failed"), "goodbye"), "outages"
    )
    more = flow.places["more"]
    assert isinstance(more, Menu)
    assert (more.tries, more.wait_s, more.silence) == (3, 5, "goodbye")
    assert flow.places["main"].line == 7
    assert flow.first_menu == flow.places["main"]


def test_words_that_other_loaders_take_for_values_stay_words(tmp_path: Path) -> None:
    """`no`, `on` and `1_0` are names like any other; a safe loader would turn them into False, True and 10."""
    text = spoilt("water:\n  say", "no:\n  say").replace("2: water", "2: no")
    assert "no" in load_flow(written(tmp_path, text), WORDS).places


def test_the_version_is_that_of_the_meaning(tmp_path: Path) -> None:
    version = load_flow(written(tmp_path, GOOD), WORDS).version
    assert len(version) == 64

    def version_of(text: str) -> str:
        return load_flow(written(tmp_path, text), WORDS).version

    assert version_of(GOOD.replace("# line 1", "# words\n\n\n") + "\n# more words\n") == version
    assert version_of(spoilt("{1: danger, 2: water, 0: operator}", "{0: operator, 2: water, 1: danger}")) == version
    assert version_of(spoilt("  wait: 4\n", "").replace("tries: 2", "tries: 2\n  wait: 4")) == version
    changes = [
        spoilt("tries: 2", "tries: 3"),
        spoilt("wait: 4", "wait: 5"),
        spoilt("2: water", "3: water"),
        spoilt("[hours, water]", "[water, hours]"),
        spoilt("topic: outages", "topic: water"),
        spoilt("  silence: goodbye\n", ""),
        GOOD[GOOD.index("main:") :] + GOOD[: GOOD.index("main:")],
    ]
    assert len({version, *map(version_of, changes)}) == len(changes) + 1
