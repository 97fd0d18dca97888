/* config.h - the configuration of nccod: one struct, filled from TOML by one table.
 *
 * To add a key: a member here, one row in config_keys[] (config.c), a paragraph in
 * nccod.conf(5). A test proves that table and man page know the same keys. Core thread,
 * owned by the program; immutable after loading. */
#ifndef CALL_CONFIG_H
#define CALL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/log.h"

struct config_policy {
	unsigned connect_timeout_ms; /* 1000 */
	unsigned answer_timeout_ms;  /* 5000 */
	unsigned event_timeout_ms;   /* 10000 */
};

struct config_application {
	char *id, *name;
	char **numbers;			  /* NULL-terminated; a trailing * is a prefix */
	char *answer_url, *answer_method; /* GET */
	char *fallback_answer_url, *fallback_answer_method; /* GET */
	char *event_url, *event_method;			    /* POST */
	char **refer_targets;		   /* whom its parties may have called by REFER; none */
	struct json_object *fallback_ncco; /* array or NULL */
	char *signature_secret;		   /* signs what is sent; NULL: unsigned */
	char **public_key_files,
		**public_keys; /* PEM; loaded, the texts of both are in the second */
	struct config_policy webhook_policy;
};

struct config_api_key {
	char *name, *key;
	char **scopes;			  /* NULL-terminated */
	char *application;		  /* id; NULL: all of them */
	unsigned max_requests_per_second; /* 0: no limit */
};

struct config_speech {		     /* [tts], [asr] */
	char *default_adapter;	     /* espeak-ng; pocketsphinx */
	char **fallback;	     /* NULL-terminated */
	char *adapters;		     /* directory of adapter programs */
	unsigned concurrency;	     /* 4; 8 */
	unsigned timeout_ms;	     /* 8000; 20000 */
	unsigned breaker_failures;   /* in a row; 5, 0: never left out */
	unsigned breaker_seconds;    /* 30 */
	struct json_object *options; /* adapter to table of texts; NULL: none */
};

struct config_router { /* [proxy.http_router] */
	char *url;     /* NULL: no router */
	bool fallback_to_static;
	unsigned timeout_ms; /* 5000 */
	struct json_object *headers;
};

struct config_contact { /* [[proxy.contacts]] */
	char *user;	/* unique */
	char *uri;	/* sip:1001@192.0.2.7:5060 */
};

struct config_trunk { /* [[proxy.trunks]] */
	char *name;   /* unique */
	char *dest;   /* sip:host:port;transport=udp */
	char *username, *password;
	bool registers;	      /* register */
	char *outbound_proxy; /* NULL: proxy.outbound_proxy */
	char **inbound_hosts; /* networks that its calls come from */
	unsigned max_calls;   /* 0: no limit */
	unsigned max_cps;     /* calls begun in a second, 0: no limit */
	char **prefixes;      /* numbers that it may call; empty: all */
};

struct config {
	char *http_addr;  /* 127.0.0.1:8080; "": no HTTP server */
	char *https_addr; /* NULL: no HTTPS */
	char *ssl_certificate, *ssl_private_key;
	char *external_ip;
	uint16_t rtp_start_port, rtp_end_port; /* 12000, 42000 */
	unsigned rtp_timeout;		       /* s, 0 off; 60 */
	unsigned media_threads;		       /* 0: cores - 1 */
	enum log_level log_level;
	unsigned drain_timeout; /* s, 60 */
	char *default_application;
	char *state_directory; /* $STATE_DIRECTORY, else ./nccod-data */
	char *database_url;    /* sqlite://PATH; NULL: nccod.db in the state directory */
	struct config_application *applications;
	size_t application_count;

	struct {
		char *addr;		     /* 127.0.0.1 */
		uint16_t udp_port, tcp_port; /* 5060, 0 is off */
		char *outbound_proxy;
		char **name_servers;	    /* empty: those of the machine */
		unsigned max_concurrency;   /* 10000 */
		unsigned session_expires;   /* s, 1800 */
		unsigned options_keepalive; /* s, 0 off */
		struct config_router http_router;
		struct config_contact *contacts;
		size_t contact_count;
		struct config_trunk *trunks;
		size_t trunk_count;
	} proxy;
	struct {
		char *ca_file;		  /* authorities trusted beside the system's; NULL: none */
		unsigned max_connections; /* to us; 1024 */
		unsigned max_source_connections; /* 256 */
	} http;
	struct {
		struct config_api_key *keys;
		size_t key_count;
		char **cors_origins; /* NULL-terminated */
	} api;
	struct {
		char *music_on_hold; /* URL, or path below root; NULL: none */
		char *root;	     /* files named by path in scripts; NULL: none */
		size_t cache_bytes;  /* 256 MiB */
	} media;
	struct {		    /* [recording] */
		char *path;	    /* recordings; relative to the state directory */
		unsigned keep_days; /* 30; 0: for ever */
		char *format;	    /* NULL: mp3, or wav for more than two channels */
	} recording;
	struct config_speech tts, asr;
	struct {
		int fetch_private_networks; /* 1, 0, or -1: only when we listen on loopback only */
		size_t max_ncco_bytes;	    /* 65536 */
		unsigned max_steps;	    /* 200 */
		size_t max_media_bytes;	    /* 52428800 */
		unsigned max_legs;	    /* that one call makes, at a time; 50 */
		unsigned max_calls_per_second; /* that one caller of the API makes; 50, 0: no limit
						*/
		unsigned max_members;	       /* of a room, 200 */
		unsigned max_queued;	       /* in a queue, 1000 */
		unsigned spool_hours;	       /* events that could not be delivered; 72 */
		unsigned spool_events;	       /* of them at most; 100000 */
		unsigned spool_retry_ms;       /* 5000 */
	} limits;
};

/* Defaults, then path (NULL: none), then each override "proxy.udp_port=5070". NULL and a
 * malloc'd *ret_error that names file, line and what is wrong, one fault per line. */
struct config *config_load(
	const char *path, const char *const *overrides, size_t override_count, char **ret_error);
struct config *config_free(struct config *config); /* NULL allowed; returns NULL */

/* The application of that id, or the one whose numbers match the called user, or NULL. */
const struct config_application *config_application_by_id(
	const struct config *config, const char *id);
const struct config_application *config_application_by_number(
	const struct config *config, const char *called);

/* The same application, perhaps of another time's configuration; NULL is none. */
bool config_same_application(
	const struct config_application *a, const struct config_application *b);

/* limits.fetch_private_networks resolved: what -1 means for this configuration. */
bool config_private_networks(const struct config *config);

/* Says in the log which keys have changed that take effect after a restart only. */
void config_name_restarts(const struct config *old, const struct config *new);

/* Walks the names of all keys, for the man page's test; NULL ends. */
const char *config_key_name(size_t index);

#endif
