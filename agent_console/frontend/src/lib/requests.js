// Every request of the page: the CSRF token, the loading bar, errors as toasts, sign-in in place when a session ended.
import htmx from "htmx.org";
import { toast } from "./toasts.js";

const ALIVE_MS = 4 * 60 * 1000;

function csrf() {
  return document.querySelector('meta[name="csrf"]')?.content ?? "";
}

/** A JSON request of a page script: the parsed answer, or an Error with the server's Russian message and `.status`.
 * `options` go to fetch, as `keepalive` for what a page says while it leaves. */
export async function send(method, path, body, options = {}) {
  const headers = { Accept: "application/json", "X-CSRF-Token": csrf() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), ...options });
  if (answer.status === 401) askAgain();
  if (answer.status === 204) return null;
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw Object.assign(new Error(told.message ?? "Сервер не ответил."), { status: answer.status, code: told.code });
}

export function startRequests() {
  let running = 0;
  const count = (by) => document.body.classList.toggle("loading", (running = Math.max(0, running + by)) > 0);
  document.addEventListener("htmx:configRequest", (event) => (event.detail.headers["X-CSRF-Token"] = csrf()));
  document.addEventListener("htmx:beforeRequest", () => count(1));
  document.addEventListener("htmx:afterRequest", () => count(-1));
  document.addEventListener("htmx:sendError", () => toast("Нет связи с сервером. Ничего не потеряно, повторите.", "bad"));
  document.addEventListener("htmx:timeout", () => toast("Сервер отвечает слишком долго. Повторите.", "bad"));
  document.addEventListener("htmx:responseError", (event) => {
    const { xhr } = event.detail;
    if (xhr.status !== 401 && !xhr.getResponseHeader("HX-Trigger")) toast("Не получилось. Повторите.", "bad");
  });
  document.addEventListener("signed-out", askAgain);
  // A form that comes back with its errors is the same place: one step back must leave it.
  document.addEventListener("htmx:beforeHistoryUpdate", ({ detail: { history } }) => {
    if (history.type === "push" && history.path === location.pathname + location.search) history.type = "replace";
  });
  // The menu stands still while pages change: say where we are, and start reading at the page's top.
  document.addEventListener("htmx:pushedIntoHistory", markPlace);
  document.addEventListener("htmx:historyRestore", markPlace);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "main") return;
    const main = document.getElementById("main");
    if (!main.contains(document.activeElement)) (main.querySelector("[autofocus]") ?? main).focus({ preventScroll: true });
  });
  document.getElementById("signed-out-form")?.addEventListener("submit", signInAgain);
  keepAlive();
}

function markPlace() {
  for (const link of document.querySelectorAll(".nav a")) {
    const path = link.getAttribute("href");
    const here = location.pathname === path || (path !== "/" && location.pathname.startsWith(`${path}/`));
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
}

function askAgain() {
  const dialog = document.getElementById("signed-out");
  if (!dialog) location.assign("/signin");
  else if (!dialog.open) dialog.showModal();
}

async function signInAgain(event) {
  event.preventDefault();
  const form = event.target;
  const error = document.getElementById("again-error");
  const before = form.elements.login.defaultValue;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch("/signin", { method: "POST", headers: { Accept: "application/json" }, body });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.message);
    if (told.login !== before) return location.assign("/"); // another person: not their page
    for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = told.csrf;
    document.querySelector('meta[name="csrf"]').content = told.csrf;
    form.elements.password.value = "";
    error.textContent = "";
    document.getElementById("signed-out").close();
    document.dispatchEvent(new CustomEvent("signed-in"));
    toast("Вы снова вошли. Повторите последнее действие.", "good");
  } catch (problem) {
    error.textContent = problem instanceof TypeError ? "Нет связи с сервером." : problem.message;
  }
}

/** A person who types, or talks ([data-busy] somewhere on the page), is not idle, though they ask the server nothing. */
function keepAlive() {
  let active = false;
  for (const name of ["keydown", "pointerdown"]) addEventListener(name, () => (active = true), { passive: true, capture: true });
  setInterval(() => {
    if (!active && !document.querySelector("[data-busy]")) return;
    active = false;
    if (document.querySelector(".shell")) send("POST", "/session/alive").catch(() => {});
  }, ALIVE_MS);
}
