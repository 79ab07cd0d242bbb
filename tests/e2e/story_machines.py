"""What machines do in the story: an old e-mail becomes a notice, and the platform's own
moderation system is handed what was accepted and decides it through the API."""
from lab import Failure
from webhook_receiver import Moderation, Receiver

LETTER = """From: pengaduan@kominfo.example
To: abuse@telegram.example
Subject: Permintaan penutupan (contoh)
Date: Thu, 10 Mar 2016 09:00:00 +0700
Message-ID: <2016-03-10.1@kominfo.example>

Mohon ditindaklanjuti (contoh rekaan):
- {known}
- https://t.me/contoh_rekaan_2016
"""
SCOPES = ["cases:read", "cases:write"]
HOOK_SETTINGS = {"webhook.http": "yes", "webhook.private": "yes", "webhook.retry_s": "1"}


class Machines:
    """Of a Story."""

    def backlog(self):
        """A letter of the years before: proposed, looked at, sent; and known items tell of it."""
        self.tell.chapter("An e-mail of 2016, and a machine that decides")
        known = self.links()[0][0]
        path = self.lab.write("2016.eml", LETTER.format(known=known))
        mail = self.kominfo.cli("import", "mail", path, who="sari")["messages"][0]["mail"]
        again = self.kominfo.cli("import", "mail", path, who="sari")
        if again["again"] != 1 or again["imported"] != 0:
            raise Failure(f"the letter went in twice: {again}")
        proposed = self.kominfo.cli("mail", "show", mail, who="sari")["proposals"]
        sent = self.kominfo.cli(
            "mail", "send", mail, "--reference", "2016/03/10", "--subject",
            "A letter of 2016 (invented example)", "--legal-basis",
            "Invented example: a letter of 2016", "--category", "gambling", who="sari")
        self.third = sent["case"]
        items = self.ask(self.kominfo, "items", self.third, who="sari")["items"]
        earlier = [i["earlier"] for i in items if i["earlier"]]
        if len(items) != 2 or len(earlier) != 1:
            raise Failure(f"the item of the first batch is not known again: {items}")
        self.tell.step("kominfo", "Sari imports a letter that was never answered. The node "
                       f"proposes {len(proposed)} items; she sends them. One was decided "
                       "in the first case already, and it says so.",
                       f"{known}: {earlier[0]['outcome']}")

    def moderation(self):
        receiver = Receiver(self.lab.port())
        made = self.telegram.must("POST", "/v1/webhooks", self.telegram.admin, {
            "url": f"http://127.0.0.1:{receiver.port}/hook", "types": "case.accept"})
        receiver.secret = made["secret"]
        token = self.telegram.must("POST", "/v1/tokens", "max",
                                   {"name": "moderation", "scopes": SCOPES})["credential"]
        receiver.moderation = Moderation(
            lambda method, path, body, headers: self.telegram.api(
                method, path, None, body,
                {**headers, "Authorization": f"Bearer {token}"})[::2])
        receiver.start()
        self.lab.wait("the letter's case is in the inbox", lambda: any(
            c["case"] == self.third for c in self.ask(
                self.telegram, "inbox", who="max")["cases"]))
        self.do(self.telegram, "max", "accept", self.third)
        self.lab.wait("the machine's decisions are at the authority", lambda: self.show(
            self.kominfo, self.third)["counts"]["decided"] == 2)
        receiver.stop()
        if receiver.forged or len(receiver.messages) != 1:
            raise Failure(f"the machine was told {receiver.messages}, {receiver.forged}")
        self.tell.step("telegram", "Max accepts it. Telegram's own moderation system is told by "
                       "a signed webhook, and decides both items through the API.",
                       f"webhook-id {receiver.messages[0][0]}")
        self.do(self.kominfo, "sari", "close", self.third)
