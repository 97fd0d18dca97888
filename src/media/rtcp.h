/* rtcp.h - RTCP compound packets, RFC 3550 section 6. Pure functions. */
#ifndef MEDIA_RTCP_H
#define MEDIA_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/rtp.h"

#define RTCP_MAX_SIZE	128 /* of what rtcp_write() makes */
#define RTCP_CNAME_SIZE 17  /* RFC 7022: random, with its NUL */

/* What their last sender report said, and when it came. */
struct rtcp_last_sr {
	uint32_t ntp_middle;
	uint64_t wall; /* us, 0: none came */
};

struct rtcp_report {
	uint32_t ssrc;
	const char *cname;
	uint64_t wall;	    /* us since 1970 */
	uint32_t timestamp; /* RTP, of the same moment */
	uint32_t packets, bytes;
	bool sender; /* sent RTP since the last report: SR, else RR */
};

/* Writes SR or RR with SDES; counts a reporting interval of source. Returns the length. */
size_t rtcp_write(const struct rtcp_report *report, struct rtp_source *source,
	const struct rtcp_last_sr *last_sr, uint8_t out[RTCP_MAX_SIZE]);

struct rtcp_feedback {
	bool has_sr;
	uint32_t sr_ntp_middle;
	bool has_report; /* a block about us */
	uint8_t lost_fraction;
	bool has_rtt;
	uint32_t rtt_ms;
};

/* Takes from a compound packet what concerns our_ssrc; everything else, BYE included, is
 * passed over: RTCP never ends or moves a call. -EINVAL when it is not RTCP. */
int rtcp_parse(const uint8_t *data, size_t length, uint32_t our_ssrc, uint64_t wall,
	struct rtcp_feedback *ret_feedback);

#endif
