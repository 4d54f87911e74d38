/* apply_pins.c - the PINs that elements of "keys" name, in a file of `enforgatectl apply`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply.h"
#include "clock.h"

/* What the key has now; "" for none, also where there is no such key yet. */
struct looking {
	const char *name;
	struct pin pin;
};

static int
look(struct ctl *ctl, struct db *db, void *arg)
{
	struct looking *looking = arg;
	enum status status;
	struct key key;

	(void)ctl;
	status = keys_find_name(db, looking->name, &key);
	if (status == STATUS_OK)
		status = pin_find(db, key.id, clock_wall_ms(), &looking->pin);
	if (status == STATUS_NOT_FOUND)
		looking->pin.hash[0] = '\0';
	return status == STATUS_OK || status == STATUS_NOT_FOUND
		   ? CTL_DONE
		   : ctl_failed("read the PIN of the key", status);
}

static int
compare(struct ctl *ctl, const struct apply_place *place, const char *name, const char *text,
    struct apply_pin *pin)
{
	struct looking looking = {.name = name};
	enum status status = STATUS_REFUSED;
	bool stale = false;

	if (!pin_valid(text))
		return apply_error(place,
		    "\"pinFile\": a PIN has %d to %d letters, digits or signs of "
		    "ASCII",
		    PIN_LEN_MIN, PIN_LEN_MAX);
	if (ctl_look(ctl, look, &looking) != CTL_DONE)
		return CTL_COULD_NOT;
	memcpy(pin->before, looking.pin.hash, sizeof(pin->before));
	if (pin->before[0] != '\0')
		status = pin_check(&looking.pin, text, &stale);
	secret_wipe(&looking, sizeof(looking));
	pin->same = status == STATUS_OK;
	if (status == STATUS_REFUSED)
		status = pin_hash(text, pin->hash);
	return status == STATUS_OK ? CTL_DONE : ctl_failed("hash the PIN", status);
}

/* Room for one more; the older ones are wiped where they were. */
static struct apply_pin *
add(struct apply *apply, size_t index)
{
	struct apply_pin *longer = calloc(apply->npins + 1, sizeof(*longer));

	if (longer == NULL) {
		(void)ctl_failed("apply", STATUS_NO_MEMORY);
		return NULL;
	}
	if (apply->npins > 0)
		memcpy(longer, apply->pins, apply->npins * sizeof(*longer));
	apply_free_pins(apply);
	apply->pins = longer;
	longer[apply->npins].index = index;
	return &longer[apply->npins++];
}

static int
read_pin(struct ctl *ctl, struct apply *apply, size_t index)
{
	const struct apply_place place = {apply, "keys", index};
	bool found = false;
	const struct json_object *list = json_member(apply->root, "keys", &found);
	const struct json_object *element = json_element(list, index);
	const struct json_object *value;
	const char *name = NULL, *text = NULL;
	struct apply_secret secret;
	struct apply_pin *pin;
	int code;

	if (json_type(element) != JSON_OBJECT)
		return CTL_DONE; /* refused where it is applied */
	value = json_member(element, "pinFile", &found);
	if (!found)
		return CTL_DONE;
	if (!apply_text(&place, element, "name", &name) || name == NULL)
		return CTL_DONE;
	pin = add(apply, index);
	if (pin == NULL || json_type(value) == JSON_NULL)
		return pin != NULL ? CTL_DONE : CTL_COULD_NOT;
	pin->wanted = true;
	code = apply_secret(&place, element, "pinFile", &secret, &text)
		   ? compare(ctl, &place, name, text, pin)
		   : CTL_COULD_NOT;
	secret_wipe(&secret, sizeof(secret));
	return code;
}

int
apply_read_pins(struct ctl *ctl, struct apply *apply)
{
	bool found = false;
	size_t count = json_length(json_member(apply->root, "keys", &found));
	int code = CTL_DONE;

	for (size_t i = 0; i < count && code == CTL_DONE; i++)
		code = read_pin(ctl, apply, i);
	return code;
}

void
apply_free_pins(struct apply *apply)
{
	if (apply->pins != NULL)
		secret_wipe(apply->pins, apply->npins * sizeof(*apply->pins));
	free(apply->pins);
	apply->pins = NULL;
}

int
apply_pin(
    struct db *db, const struct apply_place *place, const struct key *key, const char **change)
{
	const struct apply *apply = place->apply;
	const struct apply_pin *pin = NULL;
	struct pin now = {.hash = ""};
	enum status status;

	*change = "";
	for (size_t i = 0; i < apply->npins; i++)
		if (apply->pins[i].index == place->index)
			pin = &apply->pins[i];
	if (pin == NULL)
		return CTL_DONE;
	status = pin_find(db, key->id, clock_wall_ms(), &now);
	if (status != STATUS_OK && status != STATUS_NOT_FOUND)
		return ctl_failed("read the PIN of the key", status);
	if (status == STATUS_NOT_FOUND)
		now.hash[0] = '\0';
	if (pin->wanted ? pin->same && strcmp(now.hash, pin->before) == 0 : now.hash[0] == '\0')
		return CTL_DONE;
	if (pin->wanted && pin->same)
		return apply_error(
		    place, "the PIN of \"%s\" was changed at this moment; apply again", key->name);
	*change = pin->wanted ? "PIN set, " : "PIN removed, ";
	status = pin_set(db, key->id, pin->wanted ? pin->hash : NULL, clock_wall_ms());
	return status == STATUS_OK ? CTL_DONE : ctl_failed("set the PIN of the key", status);
}
