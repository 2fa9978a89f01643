"""The control API of the simulated mail server, on a port of its own: mail is spoken beside it."""

from collections import Counter

from starlette.routing import Router

from trunkline.model.json import JSON, JSONObject
from trunkline.sandbox.orders import SetRecipients, SetToken, SpoilMail
from trunkline.sandbox.routes import asking, router, taking
from trunkline.sandbox.simulated import TakesMail


class MailControl:
    """Look at what arrived, spoil replies, refuse the login or recipients. There are no webhooks and no scopes in mail."""

    def __init__(self, server: TakesMail) -> None:
        self._server = server

    def app(self) -> Router:
        return router(
            [
                asking("GET", "/state", lambda _: self.state()),
                asking("GET", "/messages", lambda _: [*self._server.messages]),
                taking("POST", "/next", SpoilMail, lambda _, order: self._spoil(order)),
                taking("PUT", "/token", SetToken, lambda _, order: self._set_token(order)),
                taking("PUT", "/recipients", SetRecipients, lambda _, order: self._set_recipients(order)),
            ]
        )

    def state(self) -> JSONObject:
        """Counts and switches."""
        server = self._server
        return {
            "vendor": "E-mail",
            "messages": len(server.messages),
            "logins": server.logins,
            "commands": dict(Counter(server.commands)),
            "token_accepted": server.token_accepted,
            "recipients_refused": {**server.refuse_recipients},
        }

    def _spoil(self, order: SpoilMail) -> JSON:
        self._server.next(**order.model_dump())
        return self.state()

    def _set_token(self, order: SetToken) -> JSON:
        self._server.token_accepted = order.accepted
        return self.state()

    def _set_recipients(self, order: SetRecipients) -> JSON:
        self._server.refuse_recipients = {**order.refused}
        return self.state()
