/* The header compiled as C, and a whole life of a store in C: no C++ is needed by an app. */
#include "platform/c/include/satchel.h"

#include <string.h>

/* Returns 0 when everything worked, else the number of the step that did not. */
int satchel_life_in_c(const char* path, const char* schema);

int satchel_life_in_c(const char* path, const char* schema) {
  satchel_options options = {.size = sizeof options};
  satchel_store* store = NULL;
  satchel_buffer receipt = {NULL, 0};
  satchel_buffer page = {NULL, 0};
  satchel_error* error = NULL;
  int count_is_one = 0;
  options.path = satchel_text(path);
  options.schema = satchel_text(schema);
  options.organisation = satchel_text("north");
  options.worker = satchel_text("anna");
  if (satchel_open(&options, &store) != NULL) return 1;
  if (satchel_transact(store,
                       satchel_text("{\"open\":[{\"kind\":\"self\"}],\"changes\":[{\"action\":\"create\","
                                    "\"collection\":\"note\",\"fields\":{\"body\":\"Rang at ten.\"}}]}"),
                       &receipt) != NULL) {
    return 2;
  }
  if (receipt.data[receipt.size] != '\0') return 3;
  satchel_buffer_free(&receipt);
  if (receipt.data != NULL) return 4;
  if (satchel_query(store, satchel_text("{\"collection\":\"note\",\"count\":true}"), &page) != NULL) return 5;
  count_is_one = strstr(page.data, "\"count\":1") != NULL;
  satchel_buffer_free(&page);
  if (!count_is_one) return 6;
  error = satchel_query(store, satchel_text("{"), &page);
  if (error == NULL || satchel_error_code(error) != SATCHEL_INVALID) return 7;
  if (satchel_error_retryable(error) || strlen(satchel_error_message(error)) == 0) return 8;
  if (strncmp(satchel_error_place(error), "byte ", 5) != 0) return 9;
  satchel_error_free(error);
  if (satchel_flush(store) != NULL) return 10;
  if (satchel_close(store) != NULL) return 11;
  return 0;
}
