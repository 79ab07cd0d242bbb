/*
 * Every sample of the test data: imported with this many proposals, or refused with this
 * rule.  A file that is not in the table is a failure.
 */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "data_file.h"

#include "core/mbox.h"
#include "mail/mail.h"

struct sample {
	const char *file, *format;
	size_t proposals;
	const char *rule;  /* NULL: it is read */
	const char *first; /* normal form of the first proposal */
};

/* clang-format off */
static const struct sample samples[] = {
	{"mime4j/testmsgs/bad-newlines-multiple-parts-base64.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/bad-newlines-multiple-parts.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/base64-encoded-text.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/base64encoded-rfc822message-nested.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/base64encoded-rfc822message.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/basic-plain-very-long-lines.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/basic-plain-with-bad-header-separator.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/basic-plain.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/boundary-name-clash.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/ending-boundaries.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/example.msg", "letter", 1, NULL, "http://www.apache.org/licenses/LICENSE-2.0"},
	{"mime4j/testmsgs/intermediate-boundaries.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/malformedHeader-nocrlfcrlf.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/malformedHeader-noheader.msg", NULL, 0, "RFC 5322 2.2", NULL},
	{"mime4j/testmsgs/malformedHeaderStartsBody-nocrlfcrlf.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/malformedHeaderStartsBody-noheader.msg", NULL, 0, "RFC 5322 2.2", NULL},
	{"mime4j/testmsgs/misplaced-boundary.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/missing-boundary.msg", NULL, 0, "mail.cut", NULL},
	{"mime4j/testmsgs/missing-inner-boundary.msg", NULL, 0, "mail.cut", NULL},
	{"mime4j/testmsgs/missing-inner-start-boundary.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/multipartdigestnestedemptyparts.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/multipartemptypart.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/multipartnestedemptyparts.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/multipartnestedemptypartsnorfc822.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/multipartnopart.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/obsolete.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/qp-body.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/russian-headers.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/simple-attachment.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/very-long-boundary.msg", "letter", 0, NULL, NULL},
	{"mime4j/testmsgs/very-very-long-boundary.msg", NULL, 0, "mail.cut", NULL},
	{"mime4j/testmsgs/weird-boundary.msg", "letter", 0, NULL, NULL},
	{"parsedmarc/samples/failure/DMARC Failure Report for domain.de (mail-from=sharepoint@domain.de, ip=10.10.10.10).eml", "arf", 0, NULL, NULL},
	{"parsedmarc/samples/failure/[Netease DMARC Failure Report] Rent Reminder.eml", "arf", 0, NULL, NULL},
	{"parsedmarc/samples/failure/dmarc_ruf_report_linkedin.crlf.eml", "arf", 0, NULL, NULL},
	{"parsedmarc/samples/failure/dmarc_ruf_report_linkedin.eml", "arf", 0, NULL, NULL},
	{"parsedmarc/samples/failure/exim_plain_text_only_no_arf_part.eml", "letter", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/1/botnet_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/childabuse_sample.json", "xarf-v3", 1, NULL, "http://evil.website.com/index.html"},
	{"xarf-v0-3/samples/positive/1/copyright_sample.json", "xarf-v3", 1, NULL, "http://www.badexample.com/badexapmplesong.mp3"},
	{"xarf-v0-3/samples/positive/1/ddos_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/loginattack_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/malware_sample.json", "xarf-v3", 1, NULL, "http://example.org/hosted_malware.exe"},
	{"xarf-v0-3/samples/positive/1/openservice_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/openservice_sample_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/phishing_sample.json", "xarf-v3", 1, NULL, "http://phish.example.org/index.html"},
	{"xarf-v0-3/samples/positive/1/portscan_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/rpz_sample.json", "xarf-v3", 1, NULL, "malicious.example.org"},
	{"xarf-v0-3/samples/positive/1/rpz_sample_additional_fields.json", "xarf-v3", 1, NULL, "example.net"},
	{"xarf-v0-3/samples/positive/1/spam_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/1/trademark_sample.json", "xarf-v3", 1, NULL, "http://www.i-steal-your-trademark.com/your.logo"},
	{"xarf-v0-3/samples/positive/2/botnet_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/childabuse_sample.json", "xarf-v3", 1, NULL, "http://evil.website.com/index.html"},
	{"xarf-v0-3/samples/positive/2/copyright_sample.json", "xarf-v3", 1, NULL, "http://www.badexample.com/badexapmplesong.mp3"},
	{"xarf-v0-3/samples/positive/2/ddos_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/loginattack_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/loginattack_sample_optional_api_info.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/malware_sample.json", "xarf-v3", 1, NULL, "http://example.org/hosted_malware.exe"},
	{"xarf-v0-3/samples/positive/2/openservice_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/openservice_sample_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/openservice_sample_optional_api_info.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/phishing_sample.json", "xarf-v3", 1, NULL, "http://phish.example.org/index.html"},
	{"xarf-v0-3/samples/positive/2/portscan_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/rpz_sample.json", "xarf-v3", 1, NULL, "malicious.example.org"},
	{"xarf-v0-3/samples/positive/2/rpz_sample_additional_fields.json", "xarf-v3", 1, NULL, "example.net"},
	{"xarf-v0-3/samples/positive/2/spam_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/2/trademark_sample.json", "xarf-v3", 1, NULL, "http://www.i-steal-your-trademark.com/your.logo"},
	{"xarf-v0-3/samples/positive/3/botnet_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/childabuse_sample.json", "xarf-v3", 1, NULL, "http://evil.website.com/index.html"},
	{"xarf-v0-3/samples/positive/3/copyright_sample.json", "xarf-v3", 1, NULL, "http://www.badexample.com/badexapmplesong.mp3"},
	{"xarf-v0-3/samples/positive/3/ddos_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/exploit_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/exploit_sample_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/harassment_sample_game.json", "xarf-v3", 1, NULL, "https://thepetgoatgame.play/"},
	{"xarf-v0-3/samples/positive/3/harassment_sample_image.json", "xarf-v3", 1, NULL, "https://social.media/comment/87896745329"},
	{"xarf-v0-3/samples/positive/3/harassment_sample_url.json", "xarf-v3", 2, NULL, "http://irc.5ch.net/"},
	{"xarf-v0-3/samples/positive/3/loginattack_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/loginattack_sample_optional_api_info.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/malware_no_url.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/malware_sample.json", "xarf-v3", 1, NULL, "http://example.org/hosted_malware.exe"},
	{"xarf-v0-3/samples/positive/3/openservice_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/openservice_sample_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/openservice_sample_optional_api_info.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/phishing_sample.json", "xarf-v3", 1, NULL, "http://phish.example.org/index.html"},
	{"xarf-v0-3/samples/positive/3/portscan_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/potentially_compromised_attacker_sample.json", "xarf-v3", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/3/potentially_compromised_sample.json", "xarf-v3", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/3/potentially_compromised_sample_email.json", "xarf-v3", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/3/reporter_info_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/reporter_info_org.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/reporter_info_person.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/rpz_sample.json", "xarf-v3", 1, NULL, "malicious.example.org"},
	{"xarf-v0-3/samples/positive/3/rpz_sample_additional_fields.json", "xarf-v3", 1, NULL, "example.net"},
	{"xarf-v0-3/samples/positive/3/spam_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/3/trademark_sample.json", "xarf-v3", 1, NULL, "http://www.i-steal-your-trademark.com/your.logo"},
	{"xarf-v0-3/samples/positive/3/webcrawler_sample.json", "xarf-v3", 1, NULL, "192.0.2.59"},
	{"xarf-v0-3/samples/positive/alpha/botnet_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/childabuse_sample.json", "xarf-v3", 1, NULL, "http://evil.website.com/index.html"},
	{"xarf-v0-3/samples/positive/alpha/copyright_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/ddos_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/loginattack_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/malware_sample.json", "xarf-v3", 1, NULL, "http://example.org/hosted_malware.exe"},
	{"xarf-v0-3/samples/positive/alpha/no_version_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/phishing_sample.json", "xarf-v3", 1, NULL, "http://phish.example.org/index.html"},
	{"xarf-v0-3/samples/positive/alpha/portscan_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/rpz_sample.json", "xarf-v3", 1, NULL, "malicious.example.org"},
	{"xarf-v0-3/samples/positive/alpha/rpz_sample_additional_fields.json", "xarf-v3", 1, NULL, "example.net"},
	{"xarf-v0-3/samples/positive/alpha/spam_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/alpha/trademark_sample.json", "xarf-v3", 1, NULL, "http://www.i-steal-your-trademark.com/your.logo"},
	{"xarf-v0-3/samples/positive/development/botnet_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/copyright_sample.json", "xarf-v3", 1, NULL, "http://www.badexample.com/badexapmplesong.mp3"},
	{"xarf-v0-3/samples/positive/development/csam_sample.json", "xarf-v3", 1, NULL, "https://evil.hoster.com/csam.zip"},
	{"xarf-v0-3/samples/positive/development/csam_sample_links.json", "xarf-v3", 1, NULL, "https://evil.hoster.com/csam.zip"},
	{"xarf-v0-3/samples/positive/development/ddos_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/exploit_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/exploit_sample_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/harassment_sample_game.json", "xarf-v3", 1, NULL, "https://thepetgoatgame.play/"},
	{"xarf-v0-3/samples/positive/development/harassment_sample_image.json", "xarf-v3", 1, NULL, "https://social.media/comment/87896745329"},
	{"xarf-v0-3/samples/positive/development/harassment_sample_url.json", "xarf-v3", 2, NULL, "http://irc.5ch.net/"},
	{"xarf-v0-3/samples/positive/development/loginattack_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/loginattack_sample_optional_api_info.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/malware_no_url.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/malware_sample.json", "xarf-v3", 1, NULL, "http://example.org/hosted_malware.exe"},
	{"xarf-v0-3/samples/positive/development/openservice_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/openservice_sample_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/openservice_sample_optional_api_info.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/phishing_sample.json", "xarf-v3", 1, NULL, "http://phish.example.org/index.html"},
	{"xarf-v0-3/samples/positive/development/portscan_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/potentially_compromised_attacker_sample.json", "xarf-v3", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/development/potentially_compromised_sample.json", "xarf-v3", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/development/potentially_compromised_sample_email.json", "xarf-v3", 0, NULL, NULL},
	{"xarf-v0-3/samples/positive/development/reporter_info_minimal.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/reporter_info_org.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/reporter_info_person.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/rpz_sample.json", "xarf-v3", 1, NULL, "malicious.example.org"},
	{"xarf-v0-3/samples/positive/development/rpz_sample_additional_fields.json", "xarf-v3", 1, NULL, "example.net"},
	{"xarf-v0-3/samples/positive/development/spam_sample.json", "xarf-v3", 1, NULL, "192.0.2.55"},
	{"xarf-v0-3/samples/positive/development/trademark_sample.json", "xarf-v3", 1, NULL, "http://www.i-steal-your-trademark.com/your.logo"},
	{"xarf-v0-3/samples/positive/development/webcrawler_sample.json", "xarf-v3", 1, NULL, "192.0.2.59"},
	{"xarf-v4/samples/v3/README.md", NULL, 0, "RFC 5322 2.2", NULL},
	{"xarf-v4/samples/v3/botnet_v3_sample.json", "xarf-v3", 1, NULL, "198.51.100.25"},
	{"xarf-v4/samples/v3/ddos_v3_sample.json", "xarf-v3", 1, NULL, "172.16.254.10"},
	{"xarf-v4/samples/v3/phishing_v3_sample.json", "xarf-v3", 1, NULL, "https://malicious-example.net/banking-login/"},
	{"xarf-v4/samples/v3/spam_v3_sample.json", "xarf-v3", 1, NULL, "192.168.1.100"},
	{"xarf-v4/samples/v4/connection-ddos.json", "xarf-v4", 1, NULL, "192.0.2.155"},
	{"xarf-v4/samples/v4/connection-infected-host.json", "xarf-v4", 1, NULL, "203.0.113.85"},
	{"xarf-v4/samples/v4/connection-login-attack.json", "xarf-v4", 1, NULL, "198.51.100.77"},
	{"xarf-v4/samples/v4/connection-port-scan.json", "xarf-v4", 1, NULL, "198.51.100.150"},
	{"xarf-v4/samples/v4/connection-reconnaissance.json", "xarf-v4", 1, NULL, "192.0.2.99"},
	{"xarf-v4/samples/v4/connection-scraping.json", "xarf-v4", 1, NULL, "192.0.2.150"},
	{"xarf-v4/samples/v4/connection-sql-injection.json", "xarf-v4", 1, NULL, "192.0.2.45"},
	{"xarf-v4/samples/v4/connection-vulnerability-scan.json", "xarf-v4", 1, NULL, "203.0.113.77"},
	{"xarf-v4/samples/v4/content-brand-infringement.json", "xarf-v4", 1, NULL, "https://fake-apple-store.example.com/iphone"},
	{"xarf-v4/samples/v4/content-csam.json", "xarf-v4", 2, NULL, "https://example.com/illegal-content"},
	{"xarf-v4/samples/v4/content-csem.json", "xarf-v4", 1, NULL, "https://example.com/illegal-content"},
	{"xarf-v4/samples/v4/content-exposed-data.json", "xarf-v4", 1, NULL, "http://exposed-database.example.com:8080/dump.sql"},
	{"xarf-v4/samples/v4/content-fraud.json", "xarf-v4", 1, NULL, "https://crypto-scam-invest.example.com/guaranteed-returns"},
	{"xarf-v4/samples/v4/content-malware.json", "xarf-v4", 1, NULL, "http://download-center.example.com/setup.exe"},
	{"xarf-v4/samples/v4/content-phishing.json", "xarf-v4", 1, NULL, "http://secure-banking-login.example.com/auth"},
	{"xarf-v4/samples/v4/content-remote-compromise.json", "xarf-v4", 1, NULL, "https://compromised-blog.example.com/wp-admin/shell.php"},
	{"xarf-v4/samples/v4/content-suspicious-registration.json", "xarf-v4", 1, NULL, "https://g00gle-verify.example.com/"},
	{"xarf-v4/samples/v4/copyright-copyright.json", "xarf-v4", 1, NULL, "http://pirate-streams.example.com/show/episode5.mp4"},
	{"xarf-v4/samples/v4/copyright-cyberlocker.json", "xarf-v4", 1, NULL, "https://file-sharing.example.com/download/movie2024.mp4"},
	{"xarf-v4/samples/v4/copyright-link-site.json", "xarf-v4", 3, NULL, "https://links-aggregator.example.net/movie/protected-film-2024"},
	{"xarf-v4/samples/v4/copyright-p2p.json", "xarf-v4", 1, NULL, "192.0.2.100"},
	{"xarf-v4/samples/v4/copyright-ugc-platform.json", "xarf-v4", 1, NULL, "https://video-platform.example.com/watch?v=copyrighted_content"},
	{"xarf-v4/samples/v4/copyright-usenet.json", "xarf-v4", 1, NULL, "news.usenet-provider.example.com"},
	{"xarf-v4/samples/v4/infrastructure-botnet.json", "xarf-v4", 1, NULL, "198.51.100.25"},
	{"xarf-v4/samples/v4/infrastructure-compromised-server.json", "xarf-v4", 1, NULL, "203.0.113.150"},
	{"xarf-v4/samples/v4/messaging-bulk-messaging.json", "xarf-v4", 1, NULL, "mail.bulk-sender.example"},
	{"xarf-v4/samples/v4/messaging-spam.json", "xarf-v4", 1, NULL, "192.168.1.100"},
	{"xarf-v4/samples/v4/reputation-blocklist.json", "xarf-v4", 1, NULL, "203.0.113.200"},
	{"xarf-v4/samples/v4/reputation-threat-intelligence.json", "xarf-v4", 1, NULL, "192.0.2.50"},
	{"xarf-v4/samples/v4/vulnerability-cve.json", "xarf-v4", 1, NULL, "172.16.1.200"},
	{"xarf-v4/samples/v4/vulnerability-misconfiguration.json", "xarf-v4", 1, NULL, "192.0.2.75"},
	{"xarf-v4/samples/v4/vulnerability-open-service.json", "xarf-v4", 1, NULL, "192.0.2.50"},
	{"mime4j/mbox/src/test/resources/test-1/mbox.rlug-0", "letter", 1, NULL, "http://www.lug.ro/mlist/"},
	{"mime4j/mbox/src/test/resources/test-1/mbox.rlug-1", "letter", 1, NULL, "http://www.lug.ro/mlist/"},
	{"mime4j/mbox/src/test/resources/test-1/mbox.rlug-2", "letter", 1, NULL, "http://www.lug.ro/mlist/"},
	{"mime4j/mbox/src/test/resources/test-1/mbox.rlug-3", "letter", 1, NULL, "http://www.lug.ro/mlist/"},
	{"mime4j/mbox/src/test/resources/test-1/mbox.rlug-4", "letter", 1, NULL, "http://www.lug.ro/mlist/"},
};
/* clang-format on */

enum { N_SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static void
each_sample(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_SAMPLES; i++) {
		const struct sample *s = &samples[i];
		struct arena *a = arena_create();
		struct err e = ERR_INIT;
		struct mail m;
		size_t len;
		const char *raw = data_file(a, s->file, &len);
		enum rc rc = mail_read(a, (const uint8_t *)raw, len, false, &m, &e);

		if ((rc != RC_OK) != (s->rule != NULL) ||
		    (rc != RC_OK && strcmp(e.rule, s->rule) != 0))
			fail_msg("%s: %s: %s", s->file, rc_token(rc), e.text);
		if (rc == RC_OK &&
		    (strcmp(m.format, s->format) != 0 || m.n_proposals != s->proposals))
			fail_msg("%s: %s with %zu proposals", s->file, m.format,
				 m.n_proposals);
		if (rc == RC_OK && s->first != NULL)
			assert_string_equal(m.proposals[0].target.normal, s->first);
		arena_free(a);
	}
}

static bool
is_listed(const char *file)
{
	for (size_t i = 0; i < N_SAMPLES; i++)
		if (strcmp(samples[i].file, file) == 0)
			return true;
	return false;
}

static size_t
folder_check(struct arena *a, const char *folder, const char *const *ends)
{
	const char *root = getenv("SALURAN_TEST_DATA");
	DIR *d = opendir(arena_printf(a, "%s/%s", root == NULL ? "" : root, folder));
	const struct dirent *f;
	size_t n = 0;

	if (d == NULL)
		fail_msg("test data missing: %s", folder);
	while ((f = readdir(d)) != NULL) {
		const char *path = arena_printf(a, "%s/%s", folder, f->d_name);
		struct stat st;
		if (f->d_name[0] == '.')
			continue;
		assert_int_equal(stat(arena_printf(a, "%s/%s", root, path), &st), 0);
		if (S_ISDIR(st.st_mode)) {
			n += folder_check(a, path, ends);
			continue;
		}
		for (size_t k = 0; ends[k] != NULL; k++) {
			size_t len = strlen(path), end = strlen(ends[k]);
			if (len < end || strcmp(path + len - end, ends[k]) != 0)
				continue;
			if (!is_listed(path))
				fail_msg("%s has no row in this test", path);
			n++;
		}
	}
	closedir(d);
	return n;
}

static void
no_sample_without_a_row(void **state)
{
	struct arena *a = arena_create();
	size_t n = 0;

	(void)state;
	n += folder_check(a, "xarf-v0-3/samples", (const char *[]){".json", ".md", NULL});
	n += folder_check(a, "xarf-v4/samples", (const char *[]){".json", ".md", NULL});
	n += folder_check(a, "parsedmarc/samples", (const char *[]){".eml", NULL});
	n += folder_check(a, "mime4j/testmsgs", (const char *[]){".msg", NULL});
	/* The five of the mailbox stand in a folder of their own. */
	assert_int_equal(n + 5, N_SAMPLES);
	arena_free(a);
}

struct bytes {
	const char *at;
	size_t left;
};

static enum rc
on_read(void *arg, char *into, size_t max, size_t *ret, struct err *e)
{
	struct bytes *b = arg;
	size_t n = b->left < max ? b->left : max;

	(void)e;
	memcpy(into, b->at, n);
	b->at += n;
	b->left -= n;
	*ret = n;
	return RC_OK;
}

/* What the mailbox holds is what its makers say that it holds. */
static void
the_mailbox(void **state)
{
	static const char box[] = "mime4j/mbox/src/test/resources/test-1/mbox.rlug";
	struct arena *a = arena_create();
	char *chunk = arena_alloc(a, MBOX_CHUNK_BYTES);
	struct buf b = BUF_INIT(MAIL_BYTES_MAX);
	struct mbox_message at = {0};
	struct err e = ERR_INIT;
	struct bytes all;
	struct mbox m;
	size_t len;

	(void)state;
	all.at = data_file(a, box, &all.left);
	mbox_open(&m, on_read, &all, chunk, MAIL_BYTES_MAX);
	for (int i = 0; i < 5; i++) {
		const char *want = data_file(a, arena_printf(a, "%s-%d", box, i), &len);
		assert_int_equal(mbox_next(&m, &b, &at, &e), RC_OK);
		assert_int_equal(at.number, i + 1);
		/* Empty lines between two belong to the mailbox, or to neither. */
		size_t got = b.len;
		while (len > 0 && want[len - 1] == '\n')
			len--;
		while (got > 0 && b.data[got - 1] == '\n')
			got--;
		assert_int_equal(got, len);
		assert_memory_equal(buf_str(&b), want, len);
	}
	assert_int_equal(mbox_next(&m, &b, &at, &e), RC_NOT_FOUND);
	mbox_close(&m);
	buf_free(&b);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sample),
		cmocka_unit_test(no_sample_without_a_row),
		cmocka_unit_test(the_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
