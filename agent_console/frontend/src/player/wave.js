// The curve of a recording on a canvas: a row a channel, what was heard in full colour; over it the steps of the call as pins and marks as
// flags.
import { colour, onTheme } from "../lib/colours.js";

const COLOURS = ["accent", "info-fill", "ink", "warn-fill"];

/** Draws a recording of `whole` seconds, its place asked by `at()`. */
export function waveOf(player, { whole, at }) {
  const canvas = player.querySelector("canvas");
  let channels = Array.from({ length: Number(player.dataset.channels) }, () => []);
  const steps = [...player.querySelectorAll("[data-step]")].map((one) => Number(one.dataset.seek));
  let places = [];
  let colours = [];

  const draw = () => {
    const { clientWidth: width, clientHeight: height } = canvas;
    const sharp = devicePixelRatio || 1;
    if (canvas.width !== width * sharp) [canvas.width, canvas.height] = [width * sharp, height * sharp];
    const pen = canvas.getContext("2d");
    const across = (seconds) => (whole ? (seconds / whole) * width : 0);
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, width, height);
    channels.forEach((levels, row) => {
      pen.fillStyle = colours[row];
      drawChannel(pen, levels, { width, middle: (height / channels.length) * (row + 0.5), most: height / channels.length / 2 - 2, heard: across(at()) });
    });
    pen.globalAlpha = 1;
    pen.fillStyle = colours[2];
    for (const step of steps) drawPin(pen, across(step), height);
    pen.fillStyle = colours[3];
    for (const place of places) drawFlag(pen, across(place), height);
    pen.fillStyle = colours[2];
    pen.fillRect(across(at()) - 1, 0, 2, height);
  };
  const paint = () => {
    colours = COLOURS.map((name) => colour(player, name));
    draw();
  };

  const unthemed = onTheme(paint);
  const sized = new ResizeObserver(draw);
  sized.observe(canvas);
  paint();
  return {
    draw,
    levels(found) {
      channels = found;
      draw();
    },
    mark(seconds) {
      places = seconds;
      draw();
    },
    end() {
      unthemed();
      sized.disconnect();
    },
  };
}

function drawChannel(pen, levels, { width, middle, most, heard }) {
  const step = width / (levels.length || 1);
  pen.globalAlpha = 0.35;
  pen.fillRect(0, middle, width, 1);
  levels.forEach((level, index) => {
    const size = Math.max(1, Math.sqrt(level / 100) * most);
    pen.globalAlpha = index * step < heard ? 1 : 0.45;
    pen.fillRect(index * step, middle - size, Math.max(1, step - 0.6), 2 * size);
  });
}

function drawPin(pen, x, height) {
  const seen = Math.min(Math.max(3, x), pen.canvas.clientWidth - 3); // at either end too
  pen.fillRect(seen - 0.5, 0, 1, height);
  pen.beginPath();
  pen.arc(seen, 3, 3, 0, 2 * Math.PI);
  pen.fill();
}

function drawFlag(pen, x, height) {
  pen.fillRect(x - 0.75, 0, 1.5, height);
  pen.beginPath();
  pen.moveTo(x, height);
  pen.lineTo(x - 5, height);
  pen.lineTo(x, height - 8);
  pen.lineTo(x + 5, height);
  pen.fill();
}
