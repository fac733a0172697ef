"""The product's own figures, as Prometheus reads them at /metrics."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter("gridline_calls_total", "Calls that reached the controller", ["company", "outcome"])
SEALS_REFUSED = Counter("gridline_seals_refused_total", "Calls whose place and notice were not of our own writing")
CALLS_TURNED_AWAY = Counter("gridline_calls_turned_away_total", "Calls refused before they were answered", ["reason"])
SIGN_INS_REFUSED = Counter("gridline_sip_sign_ins_refused_total", "Wrong SIP passwords and accounts")
BANS = Counter("gridline_sip_bans_total", "Addresses shut out for too many wrong SIP passwords")
CALLS_OUT = Counter(
    "gridline_calls_out_total", "Calls we placed, by what became of them", ["company", "purpose", "result"]
)
CALLS_NOW = Gauge("gridline_calls_now", "Calls in the controller's hands")
CALL_CRASHES = Counter("gridline_call_crashes_total", "Calls ended by an unexpected error; each is in the log")
EVENT_FAILURES = Counter("gridline_event_failures_total", "Asterisk's events whose handling failed; each is in the log")
FIRST_PROMPT_S = Histogram(
    "gridline_first_prompt_seconds",
    "From the call's arrival at the controller to the start of its first prompt",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2),
)
ACTIONS = Counter("gridline_actions_total", "Actions run, by exit", ["action", "exit"])
CALLERS_HEARD = Counter(
    "gridline_callers_heard_total",
    "Questions that might be answered aloud, by what came",
    ["came"],
)
AMI_CONNECTED = Gauge("gridline_ami_connected", "1 while Asterisk's manager interface is logged in")
DANGER_ACCEPTED_S = Histogram(
    "gridline_danger_accepted_seconds",
    "From a message of danger that nobody answered to the person who took it over",
    buckets=(15, 30, 60, 120, 180, 300, 600, 1800),
)
RECORDINGS = Counter("gridline_recordings_total", "Recordings taken in, by kind and state", ["kind", "state"])
RECORDINGS_ADRIFT = Gauge(
    "gridline_recordings_adrift", "Recordings whose file, row and chain disagree, as of the last night", ["kind"]
)
RECORDINGS_REFUSED = Counter("gridline_recordings_refused_total", "Recordings not begun, by reason", ["reason"])
TRANSCRIPTS = Counter(
    "gridline_transcripts_total", "Channels of recordings listened to, by what came of it", ["result"]
)
TRANSCRIPTS_WAITING = Gauge("gridline_transcripts_waiting", "Recordings that wait for their words")
TRANSCRIPTS_OLDEST_S = Gauge(
    "gridline_transcripts_oldest_seconds", "How long that recording has waited for its words which has waited longest"
)
TRANSCRIPTS_FAILED = Gauge(
    "gridline_transcripts_failed", "Recordings given up, heard in vain as often as is reasonable"
)
TRANSCRIPT_RTF = Histogram(
    "gridline_transcript_rtf",
    "Seconds that one second of sound took to be heard",
    ["engine"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5),
)
MESSAGES_OUT = Counter("gridline_messages_out_total", "Messages to callers, by what became of them", ["way", "state"])
SPOOLED = Counter("gridline_spooled_total", "Appeals kept on disk because the database was away")
DRAINED = Counter("gridline_drained_total", "Appeals brought from the disk into the register")
BACKGROUND_FAILURES = Counter("gridline_background_failures_total", "Attempts of a background job that failed", ["job"])
JOURNAL = Counter("gridline_journal_entries_total", "Entries of the calls' journal, by what became of them", ["state"])
LOOP_LAG_S = Histogram(
    "gridline_loop_lag_seconds",
    "How much later than asked the controller's event loop came back, looked at every 50 ms",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
PUSH_LISTENERS = Gauge("gridline_push_listeners", "Browsers that follow the live updates now")
PUSH_DROPPED = Counter("gridline_push_dropped_total", "Live streams cut off because the browser was too slow")
REQUEST_CRASHES = Counter("gridline_request_crashes_total", "Requests ended by an unexpected error; each is in the log")
