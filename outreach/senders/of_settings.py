"""The senders of an installation, by its settings."""

from __future__ import annotations

from urllib.parse import urlsplit

from appeals.answers import post_room
from appeals.answers.smtp import SmtpSender
from gridline.clock import Clock
from gridline.errors import Misconfigured
from gridline.settings import Settings
from outreach.models import MessageWay
from outreach.senders.gateway import HttpGateway
from outreach.senders.mail import Mail
from outreach.senders.outbox import OUTBOX, OutboxFolder
from outreach.senders.port import MessageSender, Receipts
from outreach.senders.smpp import Smpp


def senders(config: Settings, clock: Clock, receipts: Receipts) -> dict[MessageWay, MessageSender]:
    """One for each way; the outbox folder where the settings name no provider. Raises Misconfigured."""
    folder = OutboxFolder(config.var / OUTBOX)
    server = post_room.mail_server(config)
    mail = folder if server is None else Mail(SmtpSender(server, post_room.outbox(config), clock))
    return {MessageWay.SMS: _sms(config, folder, receipts), MessageWay.EMAIL: mail}


def _sms(config: Settings, folder: OutboxFolder, receipts: Receipts) -> MessageSender:
    if config.sms == "outbox":
        return folder
    if not config.sms_from:
        raise Misconfigured("sms_from: назовите имя или номер отправителя, которые дал оператор связи.")
    if config.sms == "http":
        if not config.sms_url:
            raise Misconfigured("sms_url: назовите адрес шлюза сообщений.")
        if config.sms_url.startswith("http://") and urlsplit(config.sms_url).hostname not in post_room.LOOPBACK:
            raise Misconfigured("sms_url: без шифрования сообщения уходят только на эту же машину; нужен https.")
        return HttpGateway(config.sms_url, config.sms_password, config.sms_from)
    if not (config.sms_host and config.sms_user):
        raise Misconfigured("sms_host, sms_user: назовите SMSC оператора связи и имя, с которым к нему подключаются.")
    if not config.sms_tls and config.sms_host not in post_room.LOOPBACK:
        raise Misconfigured("sms_tls: без шифрования сообщения уходят только на эту же машину или по её туннелю.")
    return Smpp(
        config.sms_host,
        config.sms_port,
        config.sms_user,
        config.sms_password,
        config.sms_from,
        tls=config.sms_tls,
        receipts=receipts,
    )
