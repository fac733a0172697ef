// The storm page: an announcement is heard before it goes out, from the words typed or from the microphone; charts.
import { startDayCharts } from "./lib/charts.js";
import { recorder } from "./phone/microphone.js";

const { island, toast } = window.gridline;
const player = new Audio();

startDayCharts();

island("storm-form", "#storm-form", (form) => {
  const text = form.elements.text;
  const spoken = form.querySelector("[data-spoken]");
  const speak = form.querySelector("[data-speak]");
  const said = form.querySelector("[data-said]");
  const heard = form.querySelector("[data-heard]");
  const publish = form.querySelector("[data-publish]");
  const first = said.textContent;
  let running = null;

  function hears(version) {
    heard.value = version;
    publish.disabled = !version;
  }

  function changed() {
    hears("");
    said.textContent = first;
  }

  async function listen() {
    const words = text.value;
    const answer = await fetch(form.dataset.hear, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf"]').content },
      body: new URLSearchParams(new FormData(form)),
    });
    if (!answer.ok) return toast((await answer.json().catch(() => ({}))).message ?? "Не получилось. Повторите.", "bad");
    const version = answer.headers.get("X-Heard");
    await play(URL.createObjectURL(await answer.blob()));
    if (text.value !== words) return; // they typed on meanwhile
    hears(version);
    said.textContent = "Так это услышат звонящие.";
  }

  async function record() {
    if (!running) {
      hears("");
      try {
        running = await recorder(40);
      } catch {
        return toast("Микрофон недоступен: разрешите его этой странице в браузере.", "bad");
      }
      speak.setAttribute("aria-pressed", "true");
      speak.querySelector("span").textContent = "Остановить запись";
      said.textContent = "Говорите…";
      running.ended.then(keep);
    } else {
      running.stop();
    }
  }

  async function keep(wav) {
    running = null;
    speak.setAttribute("aria-pressed", "false");
    speak.querySelector("span").textContent = "Записать заново";
    spoken.value = wav;
    said.textContent = "Записано: прозвучит голос, а не текст. Прослушайте и объявите.";
    await listen();
  }

  function done() {
    form.reset();
    spoken.value = ""; // a reset does not touch what is hidden
    speak.querySelector("span").textContent = "Записать голосом";
    changed();
  }

  const hear = () => void listen();
  form.querySelector("[data-listen]").addEventListener("click", hear);
  speak.addEventListener("click", record);
  text.addEventListener("input", changed);
  form.addEventListener("storm-done", done);
  form.addEventListener("htmx:beforeRequest", () => (publish.disabled = true)); // once, however often it is pressed
  form.addEventListener("htmx:afterRequest", () => (publish.disabled = !heard.value));
  return () => running?.stop();
});

island("storm-players", "[data-storm]", (page) => {
  page.addEventListener("click", (event) => {
    const link = event.target.closest("[data-play-here]");
    if (!link) return;
    event.preventDefault();
    void play(link.href);
  });
  return () => player.pause();
});

async function play(url) {
  player.src = url;
  await player.play();
}
