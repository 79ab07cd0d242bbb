/*
 * README.txt of a bundle: how to check it with other people's tools.
 *
 * The program in it uses nothing of ours: Python's standard library for hashes and trees,
 * OpenSSL 3 for Ed25519.  A test takes it out of the sample and runs it.
 */
#include "core/bundle_int.h"

static const char intro[] =
	"\n"
	"Two organisations keep one log each. Every entry is signed by its author, every "
	"log\n"
	"is a Merkle tree (RFC 6962) whose signed heads (C2SP tlog-checkpoint) commit to "
	"all\n"
	"entries before, and each side cosigns the heads of the other (C2SP\n"
	"tlog-cosignature/v1) when it has stored what they cover: that is the receipt.\n"
	"\n"
	"  MANIFEST.jws            length and SHA-256 of every other file, signed by the "
	"maker\n"
	"  identity/               the keys of both, each signed by its root key; a line "
	"for\n"
	"                          each time that they were replaced\n"
	"  channel/                who offered this channel to whom, under which rules\n"
	"  policy.json             the rules: deadlines, warnings, approvals\n"
	"  policy-adopted.json     the rules of this case, if others were adopted since\n"
	"  logs/*/events.jws       the events: number, space, JWS (RFC 7515, 8037, "
	"9864)\n"
	"  logs/*/checkpoint       a signed head of that log\n"
	"  logs/*/cosigned         the newest head that the other side cosigned, if "
	"another\n"
	"  fraud/*.txt             proofs that this side signed what cannot both be "
	"true,\n"
	"                          if there are any: a line of JSON each\n";

static const char proofs_short[] =
	"  logs/*/proof/           for each event, that it stands in such a head\n"
	"                          (C2SP tlog-proof)\n"
	"  receipts/               the same for receipts that started a deadline\n";

static const char proofs_long[] =
	"  logs/*/*.proof          that the events stand in that head: hashes of the "
	"parts "
	"of\n"
	"                          the tree without any of them, from left to right\n"
	"  receipts/*.txt          receipts that started a deadline: a line with the "
	"number "
	"of\n"
	"                          the event that adopted it, the bytes of the head, how "
	"many\n"
	"                          hashes and events; those events' numbers; the head; "
	"the\n"
	"                          hashes, as above\n";

static const char hints[] =
	"  disclosures.txt         texts and personal fields (RFC 9901); may be left "
	"out\n"
	"\n"
	"The program that made this file checks all of it: saluran verify FILE\n"
	"\n"
	"What no file can show: that a root key is that of the real organisation. "
	"Compare\n"
	"its fingerprint with one that came over another path.\n"
	"\n"
	"By hand\n"
	"-------\n"
	"Save what stands between the two lines of '=' as check.py beside this file and "
	"run\n"
	"  python3 check.py\n"
	"It needs Python 3.8 and OpenSSL 3.0 or later, and nothing of ours. It follows "
	"the\n"
	"same rules but for the state of the case and its deadlines, which follow from "
	"the\n"
	"events and policy.json.\n";

/* One literal of C99 has at most 4095 characters. */
static const char program_keys[] =
	"import base64, hashlib, json, os, struct, subprocess, tempfile\n"
	"\n"
	"def raw(path):\n"
	"    with open(path, 'rb') as f:\n"
	"        return f.read()\n"
	"\n"
	"def b64u(text):\n"
	"    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))\n"
	"\n"
	"def sha(data):\n"
	"    return hashlib.sha256(data).digest()\n"
	"\n"
	"def signed(pub, message, signature):\n"
	"    with tempfile.TemporaryDirectory() as d:\n"
	"        der = bytes.fromhex('302a300506032b6570032100') + pub\n"
	"        for name, data in ('k', der), ('m', message), ('s', signature):\n"
	"            with open(os.path.join(d, name), 'wb') as f:\n"
	"                f.write(data)\n"
	"        subprocess.run(['openssl', 'pkeyutl', '-verify', '-pubin', '-keyform', "
	"'DER',\n"
	"                        '-inkey', 'k', '-rawin', '-in', 'm', '-sigfile', 's'],\n"
	"                       cwd=d, check=True, stdout=subprocess.DEVNULL)\n"
	"\n"
	"def kid(pub):\n"
	"    x = base64.urlsafe_b64encode(pub).decode().rstrip('=')\n"
	"    jwk = '{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}' % x\n"
	"    return base64.urlsafe_b64encode(sha(jwk.encode())).decode().rstrip('=')\n"
	"\n"
	"def jws(text, keys):\n"
	"    head, body, sig = text.strip().split('.')\n"
	"    pub = next(k for k in keys if kid(k) == json.loads(b64u(head))['kid'])\n"
	"    signed(pub, (head + '.' + body).encode(), b64u(sig))\n"
	"    return json.loads(b64u(body))\n"
	"\n"
	"def unsigned(text):\n"
	"    return json.loads(b64u(text.strip().split('.')[1]))\n"
	"\n"
	"class Side:\n"
	"    def __init__(self, party):\n"
	"        self.wires = raw('identity/%s.jws' % party).decode().splitlines()\n"
	"        self.org = unsigned(self.wires[0])['log'][:-len('/id')]\n"
	"        self.turns, self.entries, promised = [], [], None\n"
	"        for wire in self.wires:\n"
	"            body = unsigned(wire)['body']\n"
	"            jws(wire, [b64u(body['root_pub'])])\n"
	"            assert promised in (None, sha(b64u(body['root_pub'])).hex()), "
	"'root'\n"
	"            promised = body['next_root_sha256']\n"
	"            self.entries.append(body)\n"
	"\n"
	"    def event_keys(self, n):\n"
	"        return [b64u(k) for k in self.entries[n]['event_keys']]\n"
	"\n"
	"    def stands(self, n, size, column):\n"
	"        return all(t[0] <= n or size <= t[column] for t in self.turns)\n";

static const char program_notes[] =
	"\n"
	"def line_of(note, name, kind, pub):\n"
	"    text, lines = note.rsplit('\\n\\n', 1)\n"
	"    key_id = sha(name.encode() + b'\\n' + bytes([kind]) + pub)[:4]\n"
	"    for line in lines.splitlines():\n"
	"        _, by, sig = line.split(' ')\n"
	"        if by == name and base64.b64decode(sig)[:4] == key_id:\n"
	"            return (text + '\\n').encode(), base64.b64decode(sig)[4:]\n"
	"\n"
	"def head(note, origin, side, peer, cosigned):\n"
	"    name, size, root = note.split('\\n\\n')[0].splitlines()\n"
	"    assert name == origin, 'a head of another log'\n"
	"    own, at, size = False, None, int(size)\n"
	"    for n, keys in enumerate(side.entries):\n"
	"        pub = b64u(keys['log_key'])\n"
	"        line = line_of(note, origin, 1, pub)\n"
	"        if line:\n"
	"            signed(pub, *line)\n"
	"            own = own or side.stands(n, size, 1)\n"
	"    for n, keys in enumerate(peer.entries):\n"
	"        pub = b64u(keys['receipt_key'])\n"
	"        line = line_of(note, peer.org + '/rcpt', 4, pub)\n"
	"        if line and peer.stands(n, size, 2):\n"
	"            at = struct.unpack('>Q', line[1][:8])[0]\n"
	"            signed(pub, b'cosignature/v1\\ntime %d\\n' % at + line[0], "
	"line[1][8:])\n"
	"    assert own, 'no signature of the log'\n"
	"    assert at or not cosigned, 'no cosignature'\n"
	"    return size, base64.b64decode(root), at\n"
	"\n"
	"def included(leaf, index, size, path, root):  # RFC 9162, 2.1.3.2\n"
	"    fn, sn, r = index, size - 1, sha(b'\\0' + leaf)\n"
	"    for p in path:\n"
	"        assert sn > 0, 'proof too long'\n"
	"        if fn & 1 or fn == sn:\n"
	"            r = sha(b'\\1' + p + r)\n"
	"            while not fn & 1 and fn:\n"
	"                fn, sn = fn >> 1, sn >> 1\n"
	"        else:\n"
	"            r = sha(b'\\1' + r + p)\n"
	"        fn, sn = fn >> 1, sn >> 1\n"
	"    assert sn == 0 and r == root, 'not in the tree'\n"
	"\n"
	"def many(hashes, leaves, size, root):  # leaves: number, bytes; descending\n"
	"    def walk(start, end):\n"
	"        if not leaves or leaves[-1][0] >= end:\n"
	"            return base64.b64decode(next(hashes))\n"
	"        if end - start == 1:\n"
	"            return sha(b'\\0' + leaves.pop()[1])\n"
	"        half = 1 << ((end - start - 1).bit_length() - 1)\n"
	"        left = walk(start, start + half)\n"
	"        return sha(b'\\1' + left + walk(start + half, end))\n"
	"    assert walk(0, size) == root, 'not in the tree'\n"
	"    assert next(hashes, None) is None, 'proof too long'\n"
	"\n"
	"def proof(path, leaf, seq, origin, side, peer, cosigned):\n"
	"    top, note = raw(path).decode().split('\\n\\n', 1)\n"
	"    magic, index, *hashes = top.splitlines()\n"
	"    assert magic == 'c2sp.org/tlog-proof@v1' and index == 'index %d' % seq\n"
	"    size, root, at = head(note, origin, side, peer, cosigned)\n"
	"    included(leaf, seq, size, [base64.b64decode(h) for h in hashes], root)\n"
	"    return at\n";

static const char program_long[] =
	"\n"
	"def trees(party, log, origin, side, peer):\n"
	"    below = 0\n"
	"    for name in ('cosigned', 'checkpoint'):\n"
	"        if not os.path.exists('logs/%s/%s' % (party, name)):\n"
	"            continue\n"
	"        note = raw('logs/%s/%s' % (party, name)).decode()\n"
	"        size, root, _ = head(note, origin, side, peer, name == 'cosigned')\n"
	"        here = [(n, log[n]) for n in sorted(log, reverse=True) if below <= n < "
	"size]\n"
	"        below = size\n"
	"        if here:\n"
	"            path = 'logs/%s/%s.proof' % (party, name)\n"
	"            many(iter(raw(path).decode().splitlines()), here, size, root)\n"
	"    assert all(n < below for n in log), 'an event under no head'\n"
	"\n"
	"def receipts(party, log, origin, side, peer):\n"
	"    data = raw('receipts/%s.txt' % party).decode()\n"
	"    while data:\n"
	"        title, data = data.split('\\n', 1)\n"
	"        adopt, size, hashes, events = map(int, title.split(' '))\n"
	"        *covers, data = data.split('\\n', events)\n"
	"        note = data.encode()[:size].decode()\n"
	"        *path, data = data.encode()[size:].decode().split('\\n', hashes)\n"
	"        size, root, at = head(note, origin, side, peer, True)\n"
	"        here = [(int(n), log[int(n)]) for n in reversed(covers)]\n"
	"        many(iter(path), here, size, root)\n"
	"        print(party, 'receipt', at, 'of', *covers)\n";

static const char program_begin[] =
	"\n"
	"sides = {p: Side(p) for p in ('authority', 'platform')}\n"
	"by = unsigned(raw('MANIFEST.jws').decode())['org']\n"
	"maker = next(s for s in sides.values() if s.org == by)\n"
	"manifest = jws(raw('MANIFEST.jws').decode(), maker.event_keys(-1))\n"
	"for m in manifest['members']:\n"
	"    data = raw(m['name'])\n"
	"    assert len(data) == m['len'] and sha(data).hex() == m['sha256'], m['name']\n"
	"logs = {}\n"
	"for party, side in sides.items():\n"
	"    lines = raw('logs/%s/events.jws' % party).decode().splitlines()\n"
	"    logs[party] = [line.split(' ') for line in lines]\n"
	"    n = 0\n"
	"    for seq, text in logs[party]:\n"
	"        event = unsigned(text)\n"
	"        if event['seq'] == 0:\n"
	"            used = json.loads(b64u(text.split('.')[0]))['kid']\n"
	"            n = max(i for i in range(len(side.entries))\n"
	"                    if used in map(kid, side.event_keys(i)))\n"
	"            side.turns.append((n, 0, event['ack']['size']))\n"
	"        if event['type'] == 'channel.rekey':\n"
	"            n = event['body']['n']\n"
	"            assert event['body']['entries'][-1] == side.wires[n], 'another "
	"entry'\n"
	"            side.turns.append((n, event['seq'], event['ack']['size']))\n"
	"        jws(text, side.event_keys(n))\n"
	"        assert event['seq'] == int(seq)\n"
	"digests = set()\n"
	"for party, side in sides.items():\n"
	"    peer = sides['platform' if party == 'authority' else 'authority']\n"
	"    offer = 'channel/%s.offer.jws' % party\n"
	"    if os.path.exists(offer):\n"
	"        hashes = [sha(wire.encode()).hex() for wire in side.wires]\n"
	"        n = hashes.index(unsigned(raw(offer).decode())['identity'])\n"
	"        offer = jws(raw(offer).decode(), side.event_keys(n))\n"
	"        assert offer['policy']['sha256'] == sha(raw('policy.json')).hex()\n"
	"    log, origin = {}, None\n"
	"    for seq, text in logs[party]:\n"
	"        event = unsigned(text)\n"
	"        digests.update(event.get('_sd', []))\n"
	"        log[int(seq)], origin = text.encode(), event['log']\n";

static const char program_short[] =
	"        where = (text.encode(), int(seq), event['log'], side, peer)\n"
	"        proof('logs/%s/proof/%s.tlog-proof' % (party, seq), *where, False)\n"
	"        receipt = 'receipts/%s/%s.tlog-proof' % (party, seq)\n"
	"        at = proof(receipt, *where, True) if os.path.exists(receipt) else None\n"
	"        print(party, seq, event['type'], event['by'],\n"
	"              'receipt %d' % at if at else '')\n";

static const char program_trees[] =
	"        print(party, seq, event['type'], event['by'])\n"
	"    trees(party, log, origin, side, peer)\n"
	"    if os.path.exists('receipts/%s.txt' % party):\n"
	"        receipts(party, log, origin, side, peer)\n";

static const char program_end[] =
	"if os.path.exists('disclosures.txt'):\n"
	"    for line in raw('disclosures.txt').decode().splitlines():\n"
	"        digest = "
	"base64.urlsafe_b64encode(sha(line.encode())).decode().rstrip('=')\n"
	"        assert digest in digests, 'a text that nobody signed'\n"
	"        print('text', b64u(line).decode())\n"
	"print('all of it holds')\n";

void
bundle_readme_put(struct buf *b, const struct bundle_content *c, int version,
		  const struct identity_log *const ids[PARTY_COUNT],
		  const char *const origin[PARTY_COUNT])
{
	char text[CLOCK_TEXT_LEN], fingerprint[FINGERPRINT_TEXT_MAX];
	struct err ignored = ERR_INIT;
	bool whole = version == BUNDLE_VERSION_LONG;
	struct note_key key;

	buf_printf(b, "Evidence bundle of the case %s\n", c->casefile);
	buf_printf(b, "made by %s on %s\n\n", ids[c->exporter]->entry[0]->org,
		   clock_format(c->made_us, text));
	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct identity *id = ids[p]->entry[0];
		buf_printf(b, "%s: %s (%s)\n", party_name((enum party)p), id->name,
			   id->org);
		buf_printf(b, "  root key  %s\n",
			   identity_fingerprint(id->root_pub, fingerprint));
		if (identity_log_key(id, origin[p], &key, &ignored) == RC_OK) {
			buf_puts(b, "  log       ");
			note_key_put(b, &key);
		}
		if (identity_receipt_key(id, &key, &ignored) == RC_OK) {
			buf_puts(b, "\n  receipts  ");
			note_key_put(b, &key);
		}
		buf_putc(b, '\n');
	}
	buf_puts(b, intro);
	buf_puts(b, whole ? proofs_long : proofs_short);
	buf_puts(b, hints);
	buf_puts(b, "\n====\n");
	buf_puts(b, program_keys);
	buf_puts(b, program_notes);
	buf_puts(b, whole ? program_long : "");
	buf_puts(b, program_begin);
	buf_puts(b, whole ? program_trees : program_short);
	buf_puts(b, program_end);
	buf_puts(b, "====\n");
}
