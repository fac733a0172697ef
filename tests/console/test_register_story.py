"""A clerk's morning in a real browser: what is late, taken, found out, answered with proof, closed."""

from __future__ import annotations

from playwright.async_api import Page, expect

from agent_console.people.models import Role
from tests.console.conftest import Axe, ClientOf, ConsoleApp, sign_in
from tests.console.seeded import seed, version

PATIENCE_MS = 30_000


async def test_a_late_appeal_is_found_answered_and_closed(
    page: Page, console_app: ConsoleApp, axe: Axe, client_of: ClientOf
) -> None:
    expect.set_options(timeout=PATIENCE_MS)
    page.set_default_timeout(PATIENCE_MS)
    made = await seed(console_app)
    number = made.numbers[1]
    await sign_in(page, console_app.base, Role.CLERK, "/appeals")

    # The list by keys: what is late, then what is looked for.
    await page.get_by_role("link", name="Просрочены").click()
    await expect(page.locator("tbody tr")).to_have_count(2)
    assert await axe(page) == []
    await page.get_by_label("Тема").select_option("connection")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert "topic=connection" in page.url
    assert "state" not in page.url  # an address holds what was chosen
    await page.locator("#main").focus()
    await page.keyboard.press("j")
    await expect(page.get_by_role("link", name=number)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name=number)).to_be_visible()
    assert await axe(page) == []

    # The steps that are due, each form opening by itself.
    await page.get_by_role("button", name="Взять себе").click()
    await expect(page.get_by_text("Обращение в работе, ответственный — вы.")).to_be_visible()
    await page.get_by_text("не обоснована", exact=True).click()
    await page.get_by_label("Выводы").fill("Опоры поставлены 12 ноября, акт подписан вами.")
    await page.get_by_role("button", name="Записать выводы").click()
    await expect(page.get_by_text("жалоба не обоснована").first).to_be_visible()
    await page.get_by_label("Подписывает").fill("Кузнецов А. В.")
    await page.get_by_label("Должность").fill("Заместитель директора")
    await page.get_by_role("button", name="Посмотреть письмо").click()
    letter = page.get_by_role("dialog", name="Письмо заявителю")
    await expect(letter).to_contain_text("Уважаемый Олег Петрович!")
    await expect(letter).to_contain_text("Опоры поставлены 12 ноября, акт подписан вами.")
    await expect(letter).to_contain_text("Кузнецов А. В.")
    assert await axe(page) == []
    async with page.expect_download() as download:
        await letter.get_by_role("button", name="DOCX").click()
    assert (await download.value).suggested_filename == f"{number}.docx"
    await letter.get_by_role("button", name="Отправить").click()
    await expect(page.get_by_text("письмо в папке исходящих")).to_be_visible()
    await expect(page).to_have_url(f"{console_app.base}/appeals/{number}")
    await page.emulate_media(color_scheme="dark")
    assert await axe(page) == []
    await page.get_by_role("button", name="Закрыть обращение").click()
    await expect(page.get_by_role("heading", name="Рассмотрение окончено")).to_be_visible()

    # Who signs is remembered for the next letter; a tablet shows everything without scrolling sideways.
    await page.set_viewport_size({"width": 1024, "height": 768})
    await page.goto(f"{console_app.base}/appeals/{made.numbers[2]}")
    await page.get_by_role("button", name="Взять себе").click()
    await expect(page.get_by_label("Подписывает")).to_have_value("Кузнецов А. В.")
    supervisor, seen = await client_of(Role.SUPERVISOR), await version(console_app, made.ids[2])
    form = {"version": str(seen), "owner": "user:supervisor"}
    await expect(page.get_by_text("На связи")).to_be_visible()
    assert (await supervisor.post(f"/appeals/{made.numbers[2]}/assign", data=form)).status == 303
    await expect(page.get_by_text("изменил другой: Игорь Петров — назначен ответственный")).to_be_visible()
    await page.get_by_role("link", name="Показать новое состояние").click()
    await expect(page.get_by_text("изменил другой")).to_be_hidden()
    for path in (f"/appeals/{made.numbers[0]}", "/appeals", "/forms"):
        await page.goto(console_app.base + path)
        await expect(page.locator("#main h1")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert await axe(page) == [], path
    await expect(page.get_by_text("Журнал до записи")).to_be_visible()
    assert await axe(page) == []
