/* peer_fake.h - a SIP peer for tests: a socket on 127.0.0.1 that sends and expects text, and
 * an agent in a loop beside it whose callbacks are noted as words. */
#ifndef SIP_PEER_FAKE_H
#define SIP_PEER_FAKE_H

#include "base/strbuf.h"
#include "sip/agent_private.h"

#define PEER_SDP                              \
	"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n" \
	"s=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n"
#define OUR_SDP                                      \
	"v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=-\r\n" \
	"c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 42000 RTP/AVP 0\r\n"

struct peer {
	struct loop *loop;
	struct sip_agent *agent;
	int fd;		     /* UDP, or the TCP connection */
	uint16_t port;	     /* ours */
	struct strbuf got;   /* the last message */
	struct strbuf words; /* callbacks: "invite", "ack", "ended 200 peer" */
	struct sip_leg *leg; /* the last one */
	int calls;
	int admit_status;
	bool answer_at_once, drop_at_once, reject_at_once, refer_at_once, tcp;
	const char *contact;	/* URI that peer_request() and peer_answer() put there; NULL: own */
	const char *answer_tag; /* that peer_answer() adds to To; NULL: "answertag" */
	char to_tag[128];	/* the agent's, of the call that peer_establish() made */
};

struct peer *peer_new(const struct sip_config *change); /* NULL: UDP and TCP, nothing else */
struct peer *peer_free(struct peer *peer);
extern const struct sip_leg_handler peer_leg_handler;

void peer_turn(struct peer *peer); /* one turn of the loop, about 1 ms */
void peer_turns(struct peer *peer, unsigned count);
void peer_wait(struct peer *peer, const char *words); /* until the words end so; fails after 5 s */
void peer_send(struct peer *peer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void peer_send_bytes(struct peer *peer, const void *data, size_t length);
void peer_expect(struct peer *peer, const char *prefix); /* the next message begins so */
void peer_expect_nothing(struct peer *peer, unsigned turns);
bool peer_has(const struct peer *peer, const char *text); /* in the last message */
void peer_skip(struct peer *peer, const char *prefix);	  /* drops messages until one begins so */

/* Value of a header of the last message, in one of a few static buffers. */
const char *peer_header(const struct peer *peer, const char *name);

/* A request with the dialog's usual headers. extra: further header lines, body may be NULL. */
void peer_request(struct peer *peer, const char *method, const char *call_id, unsigned cseq,
	const char *to_tag, const char *extra, const char *type, const char *body);
/* Answers the last request received. */
void peer_answer(struct peer *peer, const char *status, const char *extra, const char *body);

const char *peer_take_tag(struct peer *peer); /* of To in the last message, into peer->to_tag */
/* An inbound call up to its ACK; extra: further lines of the INVITE. */
void peer_establish(struct peer *peer, const char *call_id, const char *extra);
void peer_dial(struct peer *peer, const char *password); /* the agent calls the peer */
void peer_dial_uri(struct peer *peer, const char *uri);
void peer_connect_tcp(struct peer *peer); /* to the agent, in place of the UDP socket */

#endif
