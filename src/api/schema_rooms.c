/* What answers and requests about conversations with a name are like. */
#include "api/api_private.h"

#define ROW_REQUIRED \
	"\"name\",\"uuid\",\"application\",\"started\",\"locked\",\"recorded\",\"member_count\""
#define ROW_PROPERTIES                                                          \
	"\"name\":{\"type\":\"string\"},\"uuid\":{\"type\":\"string\"},"        \
	"\"application\":{\"type\":[\"string\",\"null\"]},"                     \
	"\"started\":{\"type\":\"boolean\"},\"locked\":{\"type\":\"boolean\"}," \
	"\"recorded\":{\"type\":\"boolean\"},"                                  \
	"\"member_count\":{\"type\":\"integer\",\"minimum\":1}"

const struct api_schema api_room_schemas[] = {
	{"RoomRow", "{\"type\":\"object\",\"required\":[" ROW_REQUIRED "],"
		    "\"additionalProperties\":false,\"properties\":{" ROW_PROPERTIES "}}"},
	{"Room", "{\"type\":\"object\",\"required\":[" ROW_REQUIRED ",\"members\"],"
		 "\"additionalProperties\":false,\"properties\":{" ROW_PROPERTIES ","
		 "\"members\":{\"type\":\"array\","
		 "\"items\":{\"$ref\":\"#/components/schemas/RoomMember\"}}}}"},
	{"RoomMember",
		"{\"type\":\"object\",\"required\":[\"uuid\",\"direction\",\"from\",\"to\","
		"\"present\",\"muted\",\"earmuffed\",\"held\",\"end_on_exit\"],"
		"\"additionalProperties\":false,\"properties\":{"
		"\"uuid\":{\"type\":\"string\",\"format\":\"uuid\"},"
		"\"direction\":{\"enum\":[\"inbound\",\"outbound\"]},"
		"\"from\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"},"
		"\"present\":{\"type\":\"boolean\",\"description\":\"false: it waits for the "
		"conversation to start\"},\"muted\":{\"type\":\"boolean\"},"
		"\"earmuffed\":{\"type\":\"boolean\"},\"held\":{\"type\":\"boolean\"},"
		"\"end_on_exit\":{\"type\":\"boolean\",\"description\":\"the conversation ends "
		"with it\"}}}"},
	{"RoomPage", "{\"type\":\"object\",\"required\":[\"count\",\"page_size\",\"record_index\","
		     "\"_links\",\"_embedded\"],\"properties\":{"
		     "\"count\":{\"type\":\"integer\",\"minimum\":0},"
		     "\"page_size\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100},"
		     "\"record_index\":{\"type\":\"integer\",\"minimum\":0},"
		     "\"_links\":{\"$ref\":\"#/components/schemas/Links\"},"
		     "\"_embedded\":{\"type\":\"object\",\"required\":[\"conversations\"],"
		     "\"properties\":{\"conversations\":{\"type\":\"array\","
		     "\"items\":{\"$ref\":\"#/components/schemas/RoomRow\"}}}}}}"},
	{"RoomChange", "{\"type\":\"object\",\"required\":[\"action\"],"
		       "\"properties\":{\"action\":{\"enum\":[\"lock\",\"unlock\",\"end\"]}}}"},
	{"MemberChange", "{\"type\":\"object\",\"required\":[\"action\"],"
			 "\"properties\":{\"action\":{\"enum\":[\"mute\",\"unmute\",\"earmuff\","
			 "\"unearmuff\",\"kick\",\"lock\",\"unlock\"]}}}"},
	{NULL, NULL},
};
