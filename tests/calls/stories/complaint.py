"""A complaint in the caller's own words: reviewed, redone, registered once; abandoned half-way it is a draft."""

from __future__ import annotations

from sqlalchemy import func, select

from appeals import numbering
from appeals.models import Appeal, Contact, Content
from carrier.errors import StoryBroken
from carrier.stories import store
from carrier.stories.scene import Caller
from ivr.voice import spoken
from ivr.voice.prompts import Prompt
from outreach.models import Consent, MessageOut
from recordings.models import RecordingKind
from tests.calls.looked_up import appeal_of, draft_of, ended, nothing_left, recorded
from tests.calls.stories import BOOK
from tests.calls.street import Play, goes

TO_TELL = ("5", "complaint-menu", "1", "complaint-tell")
WORDS = "Третий вечер моргает свет, лампы сгорели."
COMPLAINT, MESSAGE, TALK, CONSENT = (
    RecordingKind.COMPLAINT,
    RecordingKind.MESSAGE,
    RecordingKind.TALK,
    RecordingKind.CONSENT,
)


async def tells(caller: Caller) -> None:
    """Wait for the tone and speak."""
    await caller.hears("beep", within_s=20)
    await caller.says(WORDS)


def asks_for(number: str) -> Prompt:
    """The question whether to call this number back."""
    return Prompt("complaint-contact", phone=spoken.phone(number))


def number_told(scene: Play, appeal: Appeal, prompt: str = "complaint-registered") -> Prompt:
    """The prompt with number and deadline."""
    today = appeal.received_at.astimezone(scene.zone).date()
    number = spoken.digit_by_digit(numbering.written(appeal.number))
    if prompt == "message-registered":
        return Prompt(prompt, number=number)
    return Prompt(prompt, number=number, until=spoken.until(appeal.deadline, today))


async def registered(scene: Play, caller: Caller, phone: str) -> Appeal:
    """The appeal just registered: its number is being told."""
    appeal = await store.appeal_of_caller(scene, phone)
    await caller.hears(number_told(scene, appeal), within_s=20)
    return appeal


@BOOK.story()
async def a_complaint_is_told_redone_and_registered_with_another_telephone(scene: Play) -> None:
    own, other = "+79131200001", "+79131200099"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", "3", "complaint-tell")
        await tells(caller)
        await caller.hears("complaint-review", within_s=15)  # four seconds of silence end it too
        await goes(caller, "2", "complaint-your-words")
        await caller.leg.hears(await scene.spoken(WORDS, "aleksandr"), within_s=5)
        await caller.hears("complaint-review", within_s=20)
        await goes(caller, "1", "complaint-topic-water", "2", asks_for(own), "2", "contact-enter")
        theirs = Prompt("contact-confirm", phone=spoken.phone(other))
        await goes(caller, "9131200098#", Prompt("contact-confirm", phone=spoken.phone("+79131200098")))
        await goes(caller, "2", "contact-enter", "89131200099#", theirs)
        await caller.press("1")
        appeal = await registered(scene, caller, other)
        await caller.press("*")
        await caller.hears(number_told(scene, appeal), within_s=10)
        await goes(caller, "2", "complaint-number-again", "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-new", "main")
    words = scene.house.voice.book.text(number_told(scene, appeal), scene.company)
    if sum(words in step.prompt_text for step in call.steps) != 2:
        raise StoryBroken(f"номер назван не дважды: {words}")
    if (appeal.kind, appeal.topic, appeal.call_id) != ("complaint", "quality", call.id):
        raise StoryBroken(f"зарегистрировано не то: {appeal.kind}, {appeal.topic}, {appeal.call_id}")
    recordings = await recorded(scene, call, COMPLAINT, MESSAGE, CONSENT)
    if appeal.recording_id not in {one.id for one in recordings if one.kind is MESSAGE}:
        raise StoryBroken("обращение не связано со своей записью")


@BOOK.story()
async def a_complaint_said_again_is_the_same_appeal(scene: Play) -> None:
    own = "+79131200002"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic-water", "5", asks_for(own))
        await caller.press("1")
        appeal = await registered(scene, caller, own)
        await caller.hangs_up()
    await ended(scene, own)
    async with scene.noticed(own) as caller:
        today = appeal.received_at.astimezone(scene.zone).date()
        number = spoken.digit_by_digit(numbering.written(appeal.number))
        open_one = Prompt("known-open-appeal", number=number, until=spoken.until(appeal.deadline, today))
        await caller.hears(open_one, within_s=20)
        await caller.hears("main-menu", within_s=25)
        await goes(caller, *TO_TELL)
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic-water", "5", asks_for(own))
        await goes(caller, "1", number_told(scene, appeal, "complaint-registered-already"))
        await caller.hangs_up()
    again = await ended(scene, own)
    again.left("matters", "said")
    async with scene.house.db.read() as session:
        count = await session.scalar(select(func.count()).select_from(Content).where(Content.phone == own))
        contacts = (await session.scalars(select(Contact).where(Contact.appeal_id == appeal.id))).all()
    if count != 1 or [one.call_id for one in contacts] != [again.id]:
        raise StoryBroken(f"обращений {count}, повторных звонков в нём {[one.call_id for one in contacts]}")


@BOOK.story()
async def a_complaint_on_quality_needs_no_topic(scene: Play) -> None:
    own = "+79131200003"
    async with scene.greeted(own, "2", "power-service", "1", "power-menu", "2", "quality-menu") as caller:
        await goes(caller, "1", "complaint-tell")
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", asks_for(own))
        await caller.press("1")
        appeal = await registered(scene, caller, own)
        await goes(caller, "2", "complaint-number-again")
        await caller.hears("anything-else", within_s=25)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-quality", "done")
    if appeal.topic != "quality":
        raise StoryBroken(f"тема {appeal.topic}")


@BOOK.story()
async def who_would_rather_speak_about_quality_and_reaches_nobody_tells_it(scene: Play) -> None:
    own = "+79131200006"
    async with scene.greeted(own, "2", "power-service", "1", "power-menu", "2", "quality-menu") as caller:
        await goes(caller, "0", "person-nobody", "2", "complaint-tell")
        await caller.hangs_up()
    (await ended(scene, own)).left("consult-quality", "unanswered")


@BOOK.story()
async def who_says_nothing_after_the_tone_gets_a_person(scene: Play) -> None:
    own = "+79131200004"
    async with scene.greeted(own, *TO_TELL) as caller:
        await caller.hears("beep", within_s=20)
        await caller.hears("complaint-empty", within_s=15)
        await caller.hears("beep", within_s=15)
        await caller.hears("person-nobody", within_s=20)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-new", "operator")
    await nothing_left(scene, call.id)


@BOOK.story()
async def zero_instead_of_words_is_a_person_and_the_star_says_it_again(scene: Play) -> None:
    own = "+79131200005"
    async with scene.greeted(own, *TO_TELL) as caller:
        await caller.hears("beep", within_s=20)
        await goes(caller, "*", "complaint-tell")
        await caller.hears("beep", within_s=20)
        await goes(caller, "0", "person-nobody")
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-new", "operator")
    await nothing_left(scene, call.id)


@BOOK.each("skek", [("review", "reviewing", ()), ("topic", "topic", ("1", "complaint-topic-water"))])
async def three_wrong_keys_bring_a_person_and_keep_the_words(scene: Play, stage: str, way: tuple[str, ...]) -> None:
    own = f"+7913120001{len(way)}"
    question = way[-1] if way else "complaint-review"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", *way)
        for why in ("wrong-key", "by-keypad"):
            await goes(caller, "8", why)
            await caller.hears(question, within_s=15)
        await goes(caller, "8", "person-after-tries")
        await caller.hears("person-nobody", within_s=15)
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-new", "operator")
    await draft_of(scene, call.id, stage)
    await recorded(scene, call, COMPLAINT, MESSAGE)


STAGES = [
    ("telling", ()),
    ("reviewing", ("#", "complaint-review")),
    ("topic", ("#", "complaint-review", "1", "complaint-topic-water")),
    ("contact", ("#", "complaint-review", "1", "complaint-topic-water", "3", "asks")),
]


@BOOK.each("skek", [(stage, number, stage, way) for number, (stage, way) in enumerate(STAGES)])
async def a_hang_up_half_way_leaves_a_draft(scene: Play, number: int, stage: str, way: tuple[str, ...]) -> None:
    own = f"+7913120002{number}"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, *(asks_for(own) if step == "asks" else step for step in way))
        await caller.hangs_up()
    call = await ended(scene, own)
    call.left("complaint-new", "hung-up")
    draft = await draft_of(scene, call.id, stage)
    recordings = await recorded(scene, call, COMPLAINT, MESSAGE)
    if (draft.phone, draft.recording_id) != (own, next(one.id for one in recordings if one.kind is MESSAGE)):
        raise StoryBroken(f"в черновике {draft.phone} и запись {draft.recording_id}")


@BOOK.story()
async def a_hang_up_while_the_number_is_told_takes_nothing_back(scene: Play) -> None:
    own = "+79131200030"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic-water", "4", asks_for(own))
        await caller.press("1")
        appeal = await store.appeal_of_caller(scene, own)
        await caller.hears(number_told(scene, appeal))
        await caller.hangs_up()
    call = await ended(scene, own)
    if (await appeal_of(scene, call.id)).topic != "water":
        raise StoryBroken("тема не та")


@BOOK.story("mrsk-centra")
async def who_withholds_his_number_is_asked_for_one(scene: Play) -> None:
    other = "+79131200040"
    async with scene.greeted(None, "5", "branch-groups", "3", "branch-group-3", "4", "complaint-menu") as caller:
        await goes(caller, "1", "complaint-tell")
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic", "1", "contact-enter")
        await goes(caller, "9131200040#", Prompt("contact-confirm", phone=spoken.phone(other)))
        await caller.press("1")
        appeal = await registered(scene, caller, other)
        await caller.hangs_up()
    call = await ended(scene, None)
    if (call.record.caller, call.record.branch, appeal.branch) != (None, "yaroslavl", "yaroslavl"):
        raise StoryBroken(f"номер {call.record.caller}, филиал {call.record.branch}, в обращении {appeal.branch}")


@BOOK.story()
async def the_number_is_sent_by_message_to_who_asks_for_it(scene: Play) -> None:
    own = "+79131200050"
    async with scene.greeted(own, *TO_TELL) as caller:
        await tells(caller)
        await goes(caller, "#", "complaint-review", "1", "complaint-topic-water", "5", asks_for(own))
        await caller.press("1")
        appeal = await registered(scene, caller, own)
        await goes(caller, "1", Prompt("message-queued", phone=spoken.phone(own)), "*", number_told(scene, appeal))
        await goes(caller, "1", "main-menu")
        await caller.hangs_up()
    call = await ended(scene, own)
    recordings = await recorded(scene, call, COMPLAINT, MESSAGE, CONSENT)
    async with scene.house.db.read() as session:
        consent = (await session.scalars(select(Consent).where(Consent.call_id == call.id))).one()
        message = (await session.scalars(select(MessageOut).where(MessageOut.call_id == call.id))).one()
    heard = next(one.id for one in recordings if one.kind is CONSENT)
    if (consent.phone, consent.recording_id, consent.subject_id) != (own, heard, appeal.id):
        raise StoryBroken(f"согласие {consent.phone}, запись {consent.recording_id}, о чём {consent.subject_id}")
    if message.to != own or numbering.written(appeal.number) not in message.text:
        raise StoryBroken(f"сообщение на {message.to}: {message.text}")
