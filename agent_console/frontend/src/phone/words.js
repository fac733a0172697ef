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

/** What `endInWords` gives when a call stopped ringing and SIP does not say why. */
export const CANCELLED = Symbol("cancelled");

/** Why a ringing call is over, as the server saw it: pages/phone.py, `ring_ended`. */
export const RING_ENDED = {
  caller: "Звонивший положил трубку.",
  elsewhere: "На звонок ответили с другого телефона.",
  unanswered: "Вы не ответили: звонок передан дальше.",
};

/** Why a call ended: "" when it ended in the ordinary way, CANCELLED when the server must be asked. */
export function endInWords(talk, { originator, cause, message }) {
  if (cause === "Terminated" || (cause === "Canceled" && originator === "local")) return "";
  if (cause === "Canceled") return talk.outgoing ? "" : cancelInWords(message?.getHeader("Reason") ?? "");
  if (!talk.outgoing && originator === "local") return "";
  return BY_STATUS[message?.status_code] ?? BY_CAUSE[cause] ?? "Соединение не состоялось.";
}

/** Why a transfer was refused. */
export function refusalInWords(status) {
  return BY_STATUS[status] ?? "Перевод не принят.";
}

/** A CANCEL names its cause when somebody else has answered (RFC 3326; Asterisk: res_pjsip_rfc3326), else it is silent. */
function cancelInWords(reason) {
  return /cause=(200|26)\b/.test(reason) ? RING_ENDED.elsewhere : CANCELLED;
}

/** `79131234567` as +7 913 123-45-67. What is no Russian number in full, a foreign one above all, stays as it is. */
export function numberInWords(raw) {
  if (!raw || /^anonymous|^unknown/i.test(raw)) return "Номер скрыт";
  const digits = /^(?:\+7|[78])(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(raw);
  return digits ? `+7 ${digits[1]} ${digits[2]}-${digits[3]}-${digits[4]}` : raw;
}

export const STATES = {
  off: "Телефон выключен",
  tab: "Телефон открыт в другой вкладке",
  elsewhere: "Телефон открыт на другом компьютере",
  connecting: "Телефон подключается…",
  ready: "Телефон готов",
  lost: "Нет связи с АТС: соединяюсь снова…",
  refused: "АТС не принимает телефон: пробую снова…",
  ringing: "Звонит",
  calling: "Набираю",
  talking: "Разговор",
  held: "На удержании",
};

/** The telephone on the agent's desk, where they have chosen it. */
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
