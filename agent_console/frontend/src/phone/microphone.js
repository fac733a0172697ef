// What is said into the microphone as a WAV of the telephone's own rate, in base64: it goes with any form.
const RATE = 8000;

/** Begin to record: `stop()` ends it, so do `longestS` seconds; `ended` is then the sound. Rejects without a microphone. */
export async function recorder(longestS) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: false } });
  const media = new MediaRecorder(stream);
  const pieces = [];
  media.ondataavailable = (event) => pieces.push(event.data);
  const ended = new Promise((resolve) => {
    media.onstop = async () => {
      clearTimeout(limit);
      for (const track of stream.getTracks()) track.stop();
      resolve(base64(wav(await samples(new Blob(pieces)))));
    };
  });
  media.start();
  const limit = setTimeout(stop, longestS * 1000);
  function stop() {
    if (media.state !== "inactive") media.stop();
  }
  return { stop, ended };
}

/** The samples of whatever the browser recorded, at RATE. */
async function samples(blob) {
  const decoder = new OfflineAudioContext(1, 1, RATE);
  const decoded = await decoder.decodeAudioData(await blob.arrayBuffer());
  return decoded.getChannelData(0);
}

function wav(floats) {
  const view = new DataView(new ArrayBuffer(44 + 2 * floats.length));
  const text = (at, words) => [...words].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * floats.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true);
  view.setUint32(24, RATE, true);
  view.setUint32(28, 2 * RATE, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * floats.length, true);
  floats.forEach((value, index) => view.setInt16(44 + 2 * index, Math.max(-1, Math.min(1, value)) * 32767, true));
  return new Uint8Array(view.buffer);
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
