"""A long text in the pieces that are read out."""

from __future__ import annotations

from ivr.actions.reference.reading import PIECE, pieces


def test_pieces_hold_whole_sentences_and_lose_no_word() -> None:
    text = "Здравствуйте!\n\n" + "Напряжение в доме проверили двадцать третьего ноября. " * 20 + "\nДиспетчер Иванова\n"
    found = pieces(text)
    assert " ".join(found).split() == text.split()
    assert found[0] == "Здравствуйте!"
    assert found[-1] == "Диспетчер Иванова"
    assert all(len(piece) <= PIECE and piece.endswith(".") for piece in found[1:-1])


def test_a_sentence_longer_than_a_piece_is_not_cut() -> None:
    long = "слово " * 100 + "конец."
    assert pieces(f"Начало. {long} Дальше.") == ["Начало.", long, "Дальше."]


def test_nothing_has_no_pieces() -> None:
    assert pieces(" \n\n ") == []
