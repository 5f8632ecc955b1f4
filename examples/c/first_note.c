/* The first note that reaches the centre, from C: docs/EMBEDDING.md tells it step by step. */
#include <satchel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop_on(satchel_error* error) {
  if (error == NULL) return;
  fprintf(stderr, "%s: %s [%s]\n", satchel_code_name(satchel_error_code(error)), satchel_error_message(error),
          satchel_error_place(error));
  satchel_error_free(error);
  exit(1);
}

/* The file's text, to be freed. */
static char* text_of(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) exit(2);
  char* text = calloc(1, 1 << 20);
  text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
  fclose(file);
  return text;
}

/* On the store's thread, when a token is needed: here it lies in a file. */
static void give_token(void* context, satchel_token_request* request) {
  char* token = text_of(context);
  token[strcspn(token, "\r\n")] = '\0';
  satchel_token_give(request, satchel_text(token)); /* copies it */
  free(token);
}

int main(int count, char** arguments) {
  if (count != 6) return 2;
  satchel_options options = {.size = sizeof options};
  options.base_url = satchel_text(arguments[1]);
  options.ca_file = satchel_text(arguments[2]);
  options.tokens = (satchel_token_provider){.context = arguments[3], .request = give_token};
  char* schema = text_of(arguments[4]);
  options.schema = satchel_text(schema);
  options.path = satchel_text(arguments[5]);
  options.organisation = satchel_text("north");
  options.worker = satchel_text("amira");

  satchel_store* store = NULL;
  satchel_buffer answer = {NULL, 0};
  stop_on(satchel_open(&options, &store));
  free(schema);
  stop_on(satchel_sync_wait(store, 60000, &answer)); /* what amira may see: her case */
  satchel_buffer_free(&answer);

  stop_on(satchel_scopes(store, &answer)); /* {"scopes":[{..., "id":"...", ...}]}: a JSON library's work in an app */
  char scope[37] = "";
  const char* id = strstr(answer.data, "\"id\":\"");
  if (id != NULL) memcpy(scope, id + 6, 36);
  satchel_buffer_free(&answer);

  char changes[512];
  snprintf(changes, sizeof changes,
           "{\"changes\":[{\"action\":\"create\",\"collection\":\"visit_note\",\"scope\":\"%s\","
           "\"fields\":{\"body\":\"Met at home, kettle on.\"}}]}",
           scope);
  stop_on(satchel_transact(store, satchel_text(changes), &answer));
  satchel_buffer_free(&answer);
  stop_on(satchel_sync_wait(store, 60000, &answer));
  puts(answer.data); /* the status: "unsent":0 */
  satchel_buffer_free(&answer);
  stop_on(satchel_close(store));
  return 0;
}
