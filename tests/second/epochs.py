"""What a side signs so that a frozen channel goes on (docs/protocol.md, section 7)."""
from formats import Jws, is_hash, is_int, is_plain, members_of, need

STATEMENT_MAX, PROOFS_MAX, EPOCH_MAX = 8_192, 16, 9_999
ORG_MAX, CHANNEL_MAX, ORIGIN_MAX = 100, 40, 200


class Statement:
    """Well formed; whose it is, the key must say."""

    def __init__(self, raw):
        self.jws = Jws(raw, "saluran-epoch+jws", STATEMENT_MAX)
        said = members_of(self.jws.payload, ("v", "org", "peer", "channel", "epoch", "heads",
                                             "iat"), ("proofs",))
        need(is_int(said["v"], 1, 1), "v is not 1")
        need(is_plain(said["org"], ORG_MAX) and is_plain(said["peer"], ORG_MAX)
             and said["org"] != said["peer"], "org or peer is malformed")
        need(is_plain(said["channel"], CHANNEL_MAX), "channel is malformed")
        need(is_int(said["epoch"], 1, EPOCH_MAX), "epoch is malformed")
        need(isinstance(said["heads"], list) and len(said["heads"]) == 2, "not two heads")
        for head in said["heads"]:
            members_of(head, ("log", "size", "root"))
            need(is_plain(head["log"], ORIGIN_MAX) and is_int(head["size"])
                 and is_hash(head["root"]), "a head is malformed")
        proofs = said.get("proofs", ["0" * 64])
        need(isinstance(proofs, list) and 1 <= len(proofs) <= PROOFS_MAX
             and all(map(is_hash, proofs)), "proofs are malformed")
        need(is_int(said["iat"]), "iat is malformed")
        self.org, self.peer, self.channel = said["org"], said["peer"], said["channel"]
        self.epoch, self.heads = said["epoch"], said["heads"]


def check_event(body):
    """Tier 2 of a channel.epoch: one statement of each side about that epoch."""
    one, two = (Statement(text.encode()) for text in body["statements"])
    need((one.channel, one.epoch, one.org, one.peer)
         == (two.channel, body["epoch"], two.peer, two.org) and one.epoch == two.epoch,
         "the statements are not of both sides about that epoch")
