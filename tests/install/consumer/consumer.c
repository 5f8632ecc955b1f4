/* An app in C: opens a new store and asks whose it is. argv: file, schema. */
#include <satchel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop_on(satchel_error* error) {
  if (error == NULL) return;
  fprintf(stderr, "%s at '%s'\n", satchel_error_message(error), satchel_error_place(error));
  satchel_error_free(error);
  exit(1);
}

static char* read_file(const char* path) {
  static char text[1 << 20];
  FILE* file = fopen(path, "rb");
  if (file == NULL) exit(2);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  fclose(file);
  return text;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  satchel_options options = {.size = sizeof options};
  options.path = satchel_text(argv[1]);
  options.schema = satchel_text(read_file(argv[2]));
  options.organisation = satchel_text("north-net");
  options.worker = satchel_text("amira");
  satchel_store* store = NULL;
  stop_on(satchel_open(&options, &store));
  satchel_buffer about;
  stop_on(satchel_about(store, &about));
  const int found = strstr(about.data, "north-net") != NULL;
  satchel_buffer_free(&about);
  stop_on(satchel_close(store));
  return found ? 0 : 1;
}
