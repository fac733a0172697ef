// What the telephone says in Russian: numbers as people write them, ends of calls as people understand them.
const BY_STATUS = {
  403: "Этот номер с рабочего места не набирается.",
  404: "Такого номера нет.",
  408: "Не отвечает.",
  410: "Номер больше не обслуживается.",
  480: "Сейчас недоступен.",
  484: "Номер набран не полностью.",
  486: "Занято.",
  488: "Не удалось договориться о звуке: скажите администратору.",
  503: "Линия недоступна, попробуйте ещё раз.",
  603: "Вызов отклонён.",
};
const BY_CAUSE = {
  Busy: "Занято.",
  Rejected: "Вызов отклонён.",
  Unavailable: "Сейчас недоступен.",
  "Not Found": "Такого номера нет.",
  "No Answer": "Не отвечает.",
  "Request Timeout": "АТС не отвечает.",
  "Connection Error": "Нет связи с АТС.",
  "RTP Timeout": "Звук прервался, разговор окончен.",
  "WebRTC Error": "Не удалось соединить звук.",
  "User Denied Media Access": "Нет доступа к микрофону.",
};

/** Why a call ended, "" when it ended in the ordinary way. */
export function causeInWords(talk, originator, cause, status) {
  if (cause === "Terminated" || (cause === "Canceled" && originator === "local")) return "";
  if (cause === "Canceled") return talk.outgoing ? "" : "Звонивший положил трубку.";
  if (!talk.outgoing && originator === "local") return "";
  return BY_STATUS[status] ?? BY_CAUSE[cause] ?? "Соединение не состоялось.";
}

/** `79131234567` as +7 913 123-45-67; what is no such number stays as it is. */
export function numberInWords(raw) {
  if (!raw || /^anonymous|^unknown/i.test(raw)) return "Номер скрыт";
  const digits = /^\+?[78]?(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(raw);
  return digits ? `+7 ${digits[1]} ${digits[2]}-${digits[3]}-${digits[4]}` : raw;
}

/** What was typed, as it is dialled: an extension, a queue's name, or a Russian number of 11 digits. */
export function dialled(typed) {
  const text = typed.trim().toLowerCase();
  if (/^[a-z][a-z0-9-]*$/.test(text)) return text;
  const digits = text.replace(/\D/g, "");
  if (digits.length === 10) return `7${digits}`;
  if (digits.length === 11 && digits.startsWith("8") && !text.startsWith("+")) return `7${digits.slice(1)}`;
  return digits;
}

export const STATES = {
  off: "Телефон выключен",
  elsewhere: "Телефон открыт в другой вкладке",
  connecting: "Телефон подключается…",
  ready: "Телефон готов",
  lost: "Нет связи с АТС: соединяюсь снова…",
  refused: "АТС не принимает телефон: пробую снова…",
  ringing: "Звонит",
  calling: "Набираю",
  talking: "Разговор",
  held: "На удержании",
};

/** The telephone on his desk, where he has chosen it. */
export const DESK = {
  off: "Настольный аппарат не на связи: звонки вам не идут",
  ready: "Настольный аппарат готов",
  ringing: "Звонит настольный аппарат",
  talking: "Разговор по настольному аппарату",
};

export const SOUND_TROUBLE = {
  denied: "Браузер не даёт микрофон. Разрешите его значком слева от адреса и нажмите «Проверить».",
  none: "Микрофон не найден. Подключите гарнитуру.",
  busy: "Микрофон занят другой программой. Закройте её и нажмите «Проверить».",
  insecure: "Микрофон работает только по HTTPS. Скажите администратору.",
  unplugged: "Гарнитура отключилась. Собеседник вас не слышит.",
  blocked: "Браузер придержал звук. Нажмите любую клавишу, чтобы его включить.",
  silent: "Микрофон молчит: собеседник вас не слышит. Проверьте выключатель на гарнитуре.",
  deaf: "От собеседника не приходит звук.",
  broken: "Связь с собеседником прервалась, восстанавливаю…",
};
