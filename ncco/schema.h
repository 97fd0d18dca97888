/* schema.h - the parameter tables as a JSON Schema (draft 2020-12), for editors. */
#ifndef NCCO_SCHEMA_H
#define NCCO_SCHEMA_H

#include "base/json.h"

struct json_object *schema_new(void); /* the caller puts it */

#endif
