"""`/menu/edit/article`: one article of the draft as a form: its words for agents and for callers; a new one; none."""

from __future__ import annotations

import asyncio

from aiohttp import web

from agent_console.console import actor_of, console_of
from agent_console.pages.calls.editing import RefusedForm, looked_at_whole
from agent_console.people.permissions import Permission
from agent_console.web.render import render
from agent_console.web.routes import add
from appeals.taxonomy import shipped
from grid.reference.aloud import MOST
from grid.reference.sections import TITLES
from gridline.errors import InvalidInput, NotFound
from ivr.actions.reference.beforehand import LONGEST_S
from ivr.menus.editions import articles, files, forms
from ivr.menus.editions.articles import ArticleForm, DraftArticle
from ivr.menus.editions.drafts import DraftMoved
from ivr.menus.editions.view import DraftView


def add_to(app: web.Application) -> None:
    """Hang the routes."""
    add(app, "GET", "/menu/edit/article", page, permission=Permission.LINE_EDIT)
    add(app, "POST", "/menu/edit/article", save, permission=Permission.LINE_EDIT)
    add(app, "GET", "/menu/edit/article.wav", sound, permission=Permission.LINE_EDIT)


async def page(request: web.Request) -> web.Response:
    """The article that the address names; an empty form where it names none."""
    view = await looked_at_whole(request)
    return await _page(request, view, await _found(request, view))


async def save(request: web.Request) -> web.StreamResponse:
    """Put it into the draft, or take it out with `gone`. What somebody else has saved is told, and nothing is lost."""
    view, sent, console = await looked_at_whole(request), await request.post(), console_of(request)
    had, dialplan, content = await _found(request, view), console.editions.dialplan, view.draft.content
    form = forms.article(sent, list(sent))
    try:
        id = had.id if had else await _new_id(request, view, form)
        name = files.article_of(view.company.id, id)
        if "gone" in sent:
            text, said = "", f"убрана статья «{had.form.title if had else id}»"
        else:
            forms.must_be_article(form)
            written = await asyncio.to_thread(articles.written_in, dialplan, view.company, content, id)
            text = await asyncio.to_thread(articles.write, written, form)
            text = text if text != written else content.files.get(name, "")  # a common one stays common
            said = f"статья «{form.title}»" if had else f"новая статья «{form.title}»"
        content = content.with_("files", name, text)
        await console.editions.save(view.company, forms.revision(sent), content, said, actor_of(request).name)
    except (DraftMoved, InvalidInput) as error:
        refused = RefusedForm.of(error, form)
        return await _page(request, view, had, refused)
    raise web.HTTPSeeOther(f"/menu/edit/articles?company={view.company.id}#article-{id}")


async def sound(request: web.Request) -> web.Response:
    """The article as callers will hear it."""
    view = await looked_at_whole(request)
    found = await _found(request, view)
    if found is None or not found.form.spoken:
        raise NotFound("Вслух эта статья ничего не говорит.")
    wav = await console_of(request).editions.hear_words(view.company, view.draft.content, found.form.spoken)
    return web.Response(body=wav, content_type="audio/wav", headers={"Cache-Control": "no-store"})


async def _found(request: web.Request, view: DraftView) -> DraftArticle | None:
    id = request.query.get("id", "")
    rows = await _listed(request, view)
    if id and id not in rows:
        raise NotFound("Такой статьи в черновике нет: её могли убрать. Вернитесь к списку статей.")
    return rows.get(id)


async def _listed(request: web.Request, view: DraftView) -> dict[str, DraftArticle]:
    editions, draft = console_of(request).editions, view.draft
    rows = await asyncio.to_thread(articles.listed, editions.dialplan, view.company, draft.base, draft.content)
    return {one.id: one for one in rows}


async def _new_id(request: web.Request, view: DraftView, form: ArticleForm) -> str:
    """A name that no article has, those that are made of passports among them."""
    made = console_of(request).shelf.now().knowledge.of_topic(view.company.id, "")
    return articles.new_id(form.title, {*(await _listed(request, view)), *(one.id for one in made)})


async def _page(
    request: web.Request, view: DraftView, had: DraftArticle | None, refused: RefusedForm[ArticleForm] | None = None
) -> web.Response:
    form = refused.form if refused else had.form if had else ArticleForm()
    topics = {code: row.title for code, row in shipped().topics.items() if code in {*view.company.topics, *form.topics}}
    return render(
        request,
        "editing/article.html",
        status=422 if refused else 200,
        title=f"Статья «{had.form.title}»" if had else "Новая статья",
        company=view.company,
        view=view,
        article=had,
        form=form,
        told_about=topics | {code: code for code in form.topics if code not in topics},
        sections=[(str(code), title) for code, title in TITLES.items()],
        most=MOST,
        longest_s=LONGEST_S,
        problem=refused.problem if refused else "",
        moved=refused.moved if refused else False,
        apart=forms.apart(had.form, form) if refused and refused.moved and had else [],
    )
