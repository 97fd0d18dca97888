/* GET /v1/conversations: those with a name, and who is in one. */
#include <string.h>

#include "api/api_private.h"
#include "call/rooms.h"

#define APPLICATION                                                                               \
	{                                                                                         \
		.name = "application", .type = API_TEXT, .about = "Only those of the application" \
	}

const struct api_field api_list_rooms_query[] = {
	API_PAGE_SIZE(10),
	API_PAGE_INDEX,
	APPLICATION,
	{.name = NULL},
};

const struct api_field api_room_query[] = {
	APPLICATION,
	{.name = NULL},
};

/* --- which there are --- */

/* application NULL: of any. */
static bool is_wanted(const struct http_exchange *exchange, const struct conversation *room,
	const char *application, struct room_row *ret_row)
{
	room_row(room, ret_row);
	if (!api_sees(exchange, ret_row->application))
		return false;
	return !application ||
	       (ret_row->application && strcmp(ret_row->application, application) == 0);
}

struct conversation *api_room(
	const struct api *api, struct http_exchange *exchange, const char *name)
{
	struct json_object *query = api_query(exchange);
	struct conversation *room = NULL, *found = NULL;
	const char *application;
	unsigned count = 0;
	struct room_row row;

	if (!query)
		return NULL;
	application = json_text(query, "application", NULL);
	while ((room = rooms_next(api->server, room))) {
		if (!is_wanted(exchange, room, application, &row) ||
			(strcmp(row.name, name) != 0 && strcmp(row.uuid, name) != 0))
			continue;
		found = room;
		count++;
	}
	json_object_put(query);
	if (count == 0)
		http_reply_problem(exchange, 404, "there is no such conversation");
	else if (count > 1)
		http_reply_problem(exchange, 409,
			"several applications have a conversation of that name; say which "
			"application, or its uuid");
	return count == 1 ? found : NULL;
}

/* --- what they look like --- */

static struct json_object *room_json(const struct room_row *row)
{
	struct json_object *made = json_object_new_object();

	json_add_text(made, "name", row->name);
	json_add_text(made, "uuid", row->uuid);
	json_add_text(made, "application", row->application);
	json_add_bool(made, "started", row->started);
	json_add_bool(made, "locked", row->locked);
	json_add_bool(made, "recorded", row->recorded);
	json_add_int(made, "member_count", row->members);
	return made;
}

static struct json_object *member_json(const struct call *member)
{
	struct json_object *made = json_object_new_object();
	struct room_member_row row;

	room_member_row(member, &row);
	json_add_text(made, "uuid", row.uuid);
	json_add_text(made, "direction", row.direction);
	json_add_text(made, "from", row.from);
	json_add_text(made, "to", row.to);
	json_add_bool(made, "present", row.present);
	json_add_bool(made, "muted", row.muted);
	json_add_bool(made, "earmuffed", row.earmuffed);
	json_add_bool(made, "held", row.held);
	json_add_bool(made, "end_on_exit", row.ends);
	return made;
}

void api_get_room(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct conversation *room = api_room(arg, exchange, id);
	const struct call *member = NULL;
	struct json_object *made, *members;
	struct room_row row;

	if (!room)
		return;
	room_row(room, &row);
	made = room_json(&row);
	members = json_object_new_array();
	while ((member = room_next_member(room, member)))
		json_object_array_add(members, member_json(member));
	json_object_object_add(made, "members", members);
	http_reply_json(exchange, 200, made);
}

void api_list_rooms(void *arg, struct http_exchange *exchange, const char *id)
{
	const struct api *api = arg;
	struct json_object *query = api_query(exchange), *rows;
	struct conversation *room = NULL;
	const char *application;
	uint64_t index, total = 0;
	struct room_row row;
	unsigned size;

	(void)id;
	if (!query)
		return;
	application = json_text(query, "application", NULL);
	size = (unsigned)json_int(query, "page_size", 10);
	index = (uint64_t)json_int(query, "record_index", 0);
	rows = json_object_new_array();
	while ((room = rooms_next(api->server, room))) {
		if (!is_wanted(exchange, room, application, &row))
			continue;
		if (total / size == index)
			json_object_array_add(rows, room_json(&row));
		total++;
	}
	json_object_put(query);
	http_reply_json(
		exchange, 200, api_page(exchange, total, size, index, "conversations", rows));
}
