/* torture_fixture.h - messages in the spirit of RFC 4475, our own, and what each is answered.
 *
 * $B stands for the number of the message, with which branches end, $V for a good Via with a branch
 * of its own, $D for From, To, Call-ID and Max-Forwards, $C for a Contact. answer NULL: silence and
 * any refusal will do. */
#ifndef SIP_TORTURE_FIXTURE_H
#define SIP_TORTURE_FIXTURE_H

struct torture {
	const char *name, *answer, *text;
};

#define N0 "Content-Length: 0\r\n\r\n"

static const struct torture torture_messages[] = {
	/* strange, but right */
	{"folded and spaced headers", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq  :\r\n\t  7 \r\n  OPTIONS\r\n"
		"Subject\t: one\r\n two\r\n\tthree\r\nl: 0\r\n\r\n"},
	{"case of names and short forms", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DcSEQ: 8 OPTIONS\r\nK: 100REL\r\n"
		"cONTENT-lENGTH: 0\r\n\r\n"},
	{"escapes in the user part", "SIP/2.0 486",
		"INVITE sip:%61%00%2Fb;x=%22@127.0.0.1 SIP/2.0\r\n$V$D$CCSeq: 1 INVITE\r\n" N0},
	{"marks as a method, which sofia takes for no request line", NULL,
		"!.*~_+%'`- sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 !.*~_+%'`-\r\n" N0},
	{"unknown headers and parameters", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1;x;y=\"\";z=%25 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\n"
		"J:\r\nX-Y-Z: \xc3\xbc\xff\xfe\r\n!: ?\r\n" N0},
	{"body shorter than the datagram", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\nContent-Type: a/b\r\n"
		"Content-Length: 2\r\n\r\nOKINVITE sip:x SIP/2.0\r\n\r\n"},
	{"no Content-Length", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\n\r\n"},
	{"three Vias on one line", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$VVia: SIP / 2.0 / UDP h1 ; branch = z9hG4bKa,"
		"SIP/2.0/TCP [2001:db8::9]:90;received=1.2.3.4,SIP/2.0/X y\r\n"
		"$DCSeq: 1 OPTIONS\r\n" N0},
	{"tel URI", "SIP/2.0 486",
		"INVITE tel:+15550100;phone-context=x SIP/2.0\r\n$V$D$CCSeq: 1 INVITE\r\n" N0},
	{"Max-Forwards of 0 at its end", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$VMax-Forwards: 0\r\nFrom: <sip:x@y>;tag=0\r\n"
		"To: <sip:a@b>\r\nCall-ID: mf0\r\nCSeq: 1 OPTIONS\r\n" N0},
	{"date and languages nobody reads", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\nDate: yesterday\r\n"
		"Accept-Language: ,;q=9\r\n" N0},
	{"Accept of another world", "SIP/2.0 486",
		"INVITE sip:a@127.0.0.1 SIP/2.0\r\n$V$D$CCSeq: 1 INVITE\r\nAccept: "
		"text/nothing\r\n" N0},
	{"Via that points elsewhere", "SIP/2.0 200",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP h.invalid:9;maddr=m.invalid"
		";received=192.0.2.7;rport;branch=z9hG4bKt$B\r\n$DCSeq: 1 OPTIONS\r\n" N0},
	/* wrong */
	{"Via with a name, wrong version", "SIP/2.0 505",
		"OPTIONS sip:a@127.0.0.1 SIP/7.0\r\nVia: SIP/2.0/UDP h.invalid;rport"
		";branch=z9hG4bKt$B\r\n$DCSeq: 1 OPTIONS\r\n" N0},
	{"Via of another transport", NULL,
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/SCTP h.invalid;rport"
		";branch=z9hG4bKt$B\r\nFrom: x\r\nCSeq: 1 OPTIONS\r\n" N0},
	{"no Via", NULL, "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$DCSeq: 1 OPTIONS\r\n" N0},
	{"no From", "SIP/2.0 400",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$VTo: <sip:a@b>\r\nCall-ID: nf\r\n"
		"CSeq: 1 OPTIONS\r\n" N0},
	{"no Call-ID", "SIP/2.0 400",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$VTo: <sip:a@b>\r\nFrom: <sip:a@b>;tag=1\r\n"
		"CSeq: 1 OPTIONS\r\n" N0},
	{"no CSeq", "SIP/2.0 400", "OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$D" N0},
	{"CSeq of another method", "SIP/2.0 400",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 INVITE\r\n" N0},
	{"CSeq beyond 32 bits", "SIP/2.0 400",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 36893488147419103232 OPTIONS\r\n" N0},
	{"version 7", "SIP/2.0 505",
		"OPTIONS sip:a@127.0.0.1 SIP/7.0\r\n$V$DCSeq: 1 OPTIONS\r\n" N0},
	{"unknown scheme", "SIP/2.0 416",
		"INVITE soap.beep://127.0.0.1 SIP/2.0\r\n$V$D$CCSeq: 1 INVITE\r\n" N0},
	{"negative Content-Length", NULL,
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\n"
		"Content-Length: -999\r\n\r\n"},
	{"Content-Length beyond the datagram", NULL,
		"INVITE sip:a@127.0.0.1 SIP/2.0\r\n$V$D$CCSeq: 1 INVITE\r\n"
		"Content-Type: application/sdp\r\nContent-Length: 9999\r\n\r\nv=0\r\n"},
	{"two Content-Lengths", NULL,
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\nl: 5\r\n" N0},
	{"quote that never ends", NULL,
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$VTo: \"never <sip:a@b>\r\n"
		"From: <sip:a@b>;tag=1\r\nCall-ID: q\r\nCSeq: 1 OPTIONS\r\n" N0},
	{"request URI in brackets", NULL,
		"OPTIONS <sip:a@127.0.0.1> SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\n" N0},
	{"blanks in the request URI", NULL,
		"OPTIONS sip:a@127.0.0.1; lr SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\n" N0},
	{"Contact missing", "SIP/2.0 400",
		"INVITE sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 INVITE\r\n" N0},
	{"two of Call-ID, From and To", NULL,
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$D$DCSeq: 1 OPTIONS\r\nCSeq: 2 BYE\r\n" N0},
	{"status 4294967301", NULL, "SIP/2.0 4294967301 no\r\n$V$DCSeq: 1 INVITE\r\n" N0},
	{"answer that nobody waits for", NULL, "SIP/2.0 200 OK\r\n$V$DCSeq: 1 INVITE\r\n$C" N0},
	{"answer with a broadcast Via", NULL,
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1\r\n"
		"$DCSeq: 1 OPTIONS\r\n" N0},
	{"unknown extension", "SIP/2.0 420",
		"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 OPTIONS\r\nRequire: "
		"nothing\r\n" N0},
	{"REFER of a stranger", "SIP/2.0 403",
		"REFER sip:a@127.0.0.1 SIP/2.0\r\n$V$D$CCSeq: 1 REFER\r\n"
		"Refer-To: <sip:+15550100@127.0.0.1>\r\n" N0},
	{"NOTIFY of nothing", "SIP/2.0 481",
		"NOTIFY sip:a@127.0.0.1 SIP/2.0\r\n$V$D$CCSeq: 1 NOTIFY\r\nEvent: refer\r\n"
		"Subscription-State: active\r\n" N0},
	{"ACK of nothing", NULL, "ACK sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 ACK\r\n" N0},
	{"CANCEL of nothing", "SIP/2.0 481",
		"CANCEL sip:a@127.0.0.1 SIP/2.0\r\n$V$DCSeq: 1 CANCEL\r\n" N0},
};

/* Requests inside a call, for mutants: $T is its dialog. */
static const char *const torture_dialog[] = {
	"INFO sip:a@127.0.0.1 SIP/2.0\r\n$V$TCSeq: 3 INFO\r\nContent-Type: "
	"application/dtmf-relay\r\n"
	"Content-Length: 10\r\n\r\nSignal=5\r\n",
	"UPDATE sip:a@127.0.0.1 SIP/2.0\r\n$V$T$CCSeq: 4 UPDATE\r\nSession-Expires: 90\r\n"
	"Supported: timer\r\n" N0,
	"INVITE sip:a@127.0.0.1 SIP/2.0\r\n$V$T$CCSeq: 5 INVITE\r\nContent-Type: "
	"application/sdp\r\n"
	"Content-Length: 5\r\n\r\nv=0\r\n",
	"PRACK sip:a@127.0.0.1 SIP/2.0\r\n$V$TCSeq: 6 PRACK\r\nRAck: 1 1 INVITE\r\n" N0,
	"ACK sip:a@127.0.0.1 SIP/2.0\r\n$V$TCSeq: 5 ACK\r\n" N0,
	"REFER sip:a@127.0.0.1 SIP/2.0\r\n$V$T$CCSeq: 7 REFER\r\nRefer-To: <sip:b@127.0.0.1"
	"?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\nReferred-By: <sip:c@d>\r\n"
	"Refer-Sub: true\r\n" N0,
	"NOTIFY sip:a@127.0.0.1 SIP/2.0\r\n$V$T$CCSeq: 8 NOTIFY\r\nEvent: refer\r\n"
	"Subscription-State: terminated;reason=noresource\r\n"
	"Content-Type: message/sipfrag;version=2.0\r\nContent-Length: 16\r\n\r\nSIP/2.0 200 OK\r\n",
	"BYE sip:a@127.0.0.1 SIP/2.0\r\n$V$TCSeq: 9 BYE\r\nReason: Q.850;cause=16\r\n" N0,
};

/* What mutants get inserted. */
static const char *const torture_words[] = {"\r\n", "\r\n\r\n", ";", ",", "<", ">", "\"", "%",
	"%00", ":", "@", "[", "]", "[::", "0", "-1", "4294967296", "99999999999999999999",
	";tag=", ";lr", ";branch=z", ";rport", ";received=", "Via: ", "Route: <sip:a;lr>\r\n",
	"Contact: *\r\n", "Content-Length: 0\r\n", "Require: 100rel\r\n", "Session-Expires: 0\r\n",
	"Max-Forwards: ", "Expires: ", "sip:", "sips:", "SIP/2.0", "\\", "\xff\xfe", "RSeq: 1\r\n",
	"\t", " ", "*", "Refer-To: <sip:x?Replaces=%0d%0a>\r\n",
	"?Replaces=", "Refer-Sub: false\r\n", "Event: refer\r\n",
	"Subscription-State: terminated\r\n"};

#endif
