/* satchel.h: the C interface of Satchel, the only door for apps, bindings and the command line.
 *
 * Satchel keeps a link worker's visit notes and plans in one file on a tablet, works without signal, and agrees with
 * a central store over HTTPS when there is signal again.
 *
 * Rules that hold everywhere:
 *   Text is UTF-8. Times are milliseconds; "wall" since 1970-01-01 UTC, "monotonic" since an arbitrary start.
 *   A satchel_slice is lent: Satchel copies what it keeps before the call returns.
 *   A satchel_buffer is given: free it with satchel_buffer_free. It is set only when the call succeeds.
 *   A call that can fail returns NULL when it worked, else an error that the caller frees with satchel_error_free.
 *   Records, queries, changes, conflicts and reports are JSON; docs/ABI.md names every member.
 *   An options struct begins with its own size, so that a newer library reads an older app's struct:
 *       satchel_options options = {.size = sizeof options};
 *   Callbacks carry a context and a destroy. destroy (may be NULL) is called exactly once, when the last call to the
 *   others has returned, also when the function that took them fails.
 *   From inside a callback of a store (other than satchel_live_observer), only reads of it and the answers to callbacks
 *   (satchel_http_*, satchel_token_*) may be called: a call that would have to wait for itself returns SATCHEL_INVALID.
 *   Handles may be used from any thread. Reads run on the caller's thread and never wait for the writer; writes and
 *   sync run one after the other on the store's own thread.
 *   When Satchel finds a mistake of its own, the handle ends: this call and every later one returns SATCHEL_INTERNAL
 *   with the place. satchel_copy and satchel_close still work, and the file is as it was after the last commit.
 */
#ifndef SATCHEL_H
#define SATCHEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define SATCHEL_API __declspec(dllimport)
#elif defined(__GNUC__)
#define SATCHEL_API __attribute__((visibility("default")))
#else
#define SATCHEL_API
#endif
#if defined(__GNUC__)
#define SATCHEL_CHECK_RESULT __attribute__((warn_unused_result))
#else
#define SATCHEL_CHECK_RESULT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- text and bytes --------------------------------------------------------------------------------------------- */

typedef struct satchel_slice {
  const char* data; /* may be NULL when size is 0 */
  size_t size;
} satchel_slice;

typedef struct satchel_buffer {
  char* data; /* a zero byte follows the last one, not counted in size */
  size_t size;
} satchel_buffer;

SATCHEL_API satchel_slice satchel_text(const char* zero_terminated); /* NULL gives the empty slice */
SATCHEL_API void satchel_buffer_free(satchel_buffer* buffer);        /* NULL and freed buffers are fine */

SATCHEL_API const char* satchel_version(void); /* "0.1.0"; never freed */

/* ---- errors ----------------------------------------------------------------------------------------------------- */

typedef enum satchel_code {
  SATCHEL_INVALID = 1,       /* the caller's input is wrong; the message says what and where */
  SATCHEL_NOT_FOUND = 2,
  SATCHEL_LIMIT = 3,         /* larger than can be kept */
  SATCHEL_PERMISSION = 4,    /* the worker has no right to this */
  SATCHEL_SIGN_IN = 5,       /* the token is missing, expired or not accepted */
  SATCHEL_NETWORK = 6,       /* could not reach the central store; retry later */
  SATCHEL_TIMEOUT = 7,
  SATCHEL_SERVER = 8,        /* the central store answered with an error */
  SATCHEL_PROTOCOL = 9,      /* the central store sent bytes that make no sense */
  SATCHEL_CORRUPT = 10,      /* the file is damaged; see satchel_rescue */
  SATCHEL_NEWER_FORMAT = 11, /* written by a newer version; left untouched */
  SATCHEL_WRONG_OWNER = 12,  /* the store belongs to another organisation or worker */
  SATCHEL_BUSY = 13,         /* another process holds the file */
  SATCHEL_DISK_FULL = 14,
  SATCHEL_IO = 15,
  SATCHEL_CLOSED = 16,
  SATCHEL_CANCELLED = 17,
  SATCHEL_CERTIFICATE = 18,  /* TLS: untrusted, expired, for another host, or another pin */
  SATCHEL_INTERNAL = 19      /* a mistake of ours; the handle has ended */
} satchel_code;

SATCHEL_API const char* satchel_code_name(satchel_code code); /* "disk_full"; never freed */

typedef struct satchel_error satchel_error;

SATCHEL_API satchel_code satchel_error_code(const satchel_error* error);
SATCHEL_API const char* satchel_error_message(const satchel_error* error); /* plain words for a person */
SATCHEL_API const char* satchel_error_place(const satchel_error* error);   /* "person.risk", "/changes/2/value"; may be "" */
SATCHEL_API bool satchel_error_retryable(const satchel_error* error);      /* the same call may work later unchanged */
SATCHEL_API void satchel_error_free(satchel_error* error);                 /* NULL is fine */

/* ---- what an app can put in the place of Satchel's own ----------------------------------------------------------- */

/* Time. Called from any thread. */
typedef struct satchel_clock {
  void* context;
  int64_t (*wall_ms)(void* context);
  int64_t (*monotonic_ms)(void* context);
  void (*destroy)(void* context);
} satchel_clock;

typedef enum satchel_level { SATCHEL_DEBUG = 0, SATCHEL_INFO = 1, SATCHEL_WARNING = 2, SATCHEL_ERROR = 3 } satchel_level;

/* Log lines: an event's fixed name and its fields as a JSON object of texts. Never personal data. From any thread. */
typedef struct satchel_logger {
  void* context;
  void (*log)(void* context, satchel_level level, satchel_slice event, satchel_slice fields);
  void (*destroy)(void* context);
} satchel_logger;

/* Sign-in. `request` is called on the store's thread when a token is needed; answer with exactly one of satchel_token_give
 * and satchel_token_refuse, now or later, from any thread. */
typedef struct satchel_token_request satchel_token_request;
typedef struct satchel_token_provider {
  void* context;
  void (*request)(void* context, satchel_token_request* request);
  void (*destroy)(void* context);
} satchel_token_provider;
SATCHEL_API void satchel_token_give(satchel_token_request* request, satchel_slice jwt); /* frees the request */
SATCHEL_API void satchel_token_refuse(satchel_token_request* request, satchel_code code, satchel_slice message);

/* HTTP by the app (NSURLSession, OkHttp, Cronet) instead of libcurl. `send` is called on the store's thread; answer with
 * exactly one of satchel_http_respond and satchel_http_fail, now or later, from any thread. `cancel` (may be NULL) says
 * that the answer to the request of this id is no longer needed; it must still be answered. The app checks TLS. */
typedef struct satchel_http_request satchel_http_request;
typedef struct satchel_http {
  void* context;
  void (*send)(void* context, satchel_http_request* request);
  void (*cancel)(void* context, uint64_t id);
  void (*destroy)(void* context);
} satchel_http;
typedef struct satchel_header {
  satchel_slice name, value;
} satchel_header;
/* What a request asks; valid until it is answered. */
SATCHEL_API satchel_slice satchel_http_method(const satchel_http_request* request); /* "POST" */
SATCHEL_API satchel_slice satchel_http_path(const satchel_http_request* request);   /* "/v1/sync" */
SATCHEL_API size_t satchel_http_header_count(const satchel_http_request* request);
SATCHEL_API satchel_header satchel_http_header(const satchel_http_request* request, size_t index);
SATCHEL_API satchel_slice satchel_http_body(const satchel_http_request* request);
SATCHEL_API int64_t satchel_http_timeout_ms(const satchel_http_request* request); /* for the whole exchange */
SATCHEL_API uint64_t satchel_http_id(const satchel_http_request* request);
/* Bytes so far, for progress bars; 0: unknown. May be left out. */
SATCHEL_API void satchel_http_progress(satchel_http_request* request, uint64_t sent, uint64_t to_send,
                                       uint64_t received, uint64_t to_receive);
SATCHEL_API void satchel_http_respond(satchel_http_request* request, int status, const satchel_header* headers,
                                      size_t header_count, satchel_slice body); /* frees the request */
SATCHEL_API void satchel_http_fail(satchel_http_request* request, satchel_code code, satchel_slice message);

/* Is there a network? Asked before a sync; tell changes with satchel_network_changed. From any thread. */
typedef struct satchel_connectivity {
  void* context;
  bool (*online)(void* context);
  void (*destroy)(void* context);
} satchel_connectivity;

/* Where the secret of this store lies, in place of a file beside it: the device's Keystore or Keychain, in a class that
 * no backup and no transfer to another device carries (Android: a key wrapped by the Keystore, in noBackupFilesDir;
 * Apple: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, not synchronizable). The central store knows this device by
 * it. A store's file that is opened without its secret, or with another one, was copied or came out of a backup: it gets
 * a new name at the central store, and the status says so in "notice".
 *   name    text that names the secret, of hexadecimal digits, at most 64; it may hold several for one store.
 *   get     fills `secret` and returns 0; SATCHEL_NOT_FOUND when it has none of this name. Any other code means that it
 *           cannot tell now: the store is not opened, with this code, and nothing is concluded.
 *   put     keeps it, and returns 0 when it would survive a power cut; replaces one of the same name.
 *   remove  forgets it, and returns 0 also when there was none.
 * Called on the store's thread, by satchel_rescue on the caller's. All three must be given, or none. Several processes
 * on one store need the same secrets; Satchel sees to it that only one of them changes any at a time. */
#define SATCHEL_SECRET_BYTES 32
typedef struct satchel_secret_keeper {
  void* context;
  int (*get)(void* context, satchel_slice name, unsigned char secret[SATCHEL_SECRET_BYTES]);
  int (*put)(void* context, satchel_slice name, const unsigned char secret[SATCHEL_SECRET_BYTES]);
  int (*remove)(void* context, satchel_slice name);
  void (*destroy)(void* context);
} satchel_secret_keeper;

#define SATCHEL_KEY_BYTES 32

/* ---- opening ---------------------------------------------------------------------------------------------------- */

typedef struct satchel_store satchel_store;

typedef enum satchel_durability {
  SATCHEL_EACH_COMMIT = 0, /* a commit that returned survives a power cut: one wait for the disk per commit */
  SATCHEL_GROUPED = 1      /* it survives the end of the app; a power cut may take the last ones. Much quicker */
} satchel_durability;

typedef struct satchel_options {
  size_t size;                /* sizeof(satchel_options) */
  satchel_slice path;         /* of the store's file */
  satchel_slice schema;       /* JSON (docs/SCHEMA.md). Needed when the file is made; later a newer one may be given */
  satchel_slice organisation; /* needed when the file is made, fixed from then on */
  satchel_slice worker;       /* likewise. Both empty on a later open: whoever it belongs to */
  bool must_exist;            /* do not make a new file */
  satchel_durability durability;
  satchel_slice key;          /* SATCHEL_KEY_BYTES drawn at random, kept in the Keystore or Keychain: the file is encrypted with
                                 it. Empty: it is not. SATCHEL_INVALID, place "key", changes nothing: the file has another
                                 key, none, or needs one (satchel_rekey), or this library was built without SQLCipher */
  satchel_slice base_url;     /* "https://host:port" of the central store; empty: no sync by libcurl */
  satchel_slice ca_file;      /* PEM bundle to trust instead of the machine's */
  const satchel_slice* pins;  /* or at least two public key pins, "sha256/<base64>": current and spare */
  size_t pin_count;
  satchel_slice proxy;        /* "http://host:port"; empty: none */
  satchel_http http;          /* send NULL: libcurl */
  satchel_token_provider tokens; /* request NULL: no sync */
  satchel_connectivity connectivity; /* online NULL: taken as online */
  satchel_clock clock;        /* both NULL: the system's */
  satchel_logger logger;      /* log NULL: none */
  satchel_secret_keeper secrets; /* get NULL: "<path>.not-for-backup", to be kept out of backups */
  satchel_slice language;     /* of "words": "en" or "cy" (RFC 5646); empty: English */
} satchel_options;

/* Opens the file, or makes it. SATCHEL_CORRUPT and SATCHEL_NEWER_FORMAT leave the file as it is. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_open(const satchel_options* options, satchel_store** store);
/* Waits for the call under way and for commits, stops sync, frees the handle. No other call may be running (those that wait for
 * a sync are ended by satchel_sync_stop) or follow. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_close(satchel_store* store);
/* Returns when everything committed so far survives a power cut, whatever the durability. See satchel_enter_background. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_flush(satchel_store* store);

/* Is this a schema that a store could be made with? SATCHEL_INVALID says why not, its place a JSON pointer. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_check_schema(satchel_slice schema);

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* Commits changes of one or many records, all or nothing. In: {"shown": token, "open": [...], "changes": [...]}.
 * "shown" is the token of the read that the person had in front of them (of several, the oldest); left out: what the
 * store holds now. Out: {"token", "transactions", "records"}: one record id per change, new ones made here. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_transact(satchel_store* store, satchel_slice changes,
                                                                 satchel_buffer* receipt);
/* A person's decision on an entry of satchel_conflicts. In: {"shown": token of that list, "collection", "record",
 * "field", "element", "part", "value", "reason"}; for a record that one person put away and another changed, "keep":
 * true or false instead of field and value. Out: as satchel_transact. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_settle(satchel_store* store, satchel_slice decision,
                                                               satchel_buffer* receipt);

/* ---- reading: on the caller's thread, each call one moment of the store ------------------------------------------ */

/* {"token", "record": {...}}; SATCHEL_NOT_FOUND when this store has no such record. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_read(satchel_store* store, satchel_slice collection,
                                                             satchel_slice record, satchel_buffer* json);
/* In: {"collection", "scope", "filters", "order_by", "descending", "limit", "after", "include_voided"} or, with
 * "count": true, only how many. Out: {"token", "records", "next"} or {"token", "count"}. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_query(satchel_store* store, satchel_slice query,
                                                              satchel_buffer* page);
/* One SELECT over the collections, each a view of its name, for what a query cannot say: joins, groups, totals. In: {"sql",
 * "parameters", "limit", "within_ms", "include_voided"}; only "sql" is needed. Out: {"token", "columns", "rows", "more"}, a
 * row being a list. It reads what satchel_query shows and nothing else, whatever it says; docs/ABI.md names the columns and
 * functions. A mistake is SATCHEL_INVALID, its place "/sql:LINE:COLUMN"; what takes longer than within_ms (5000), or too much
 * memory, is stopped, SATCHEL_LIMIT. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sql(satchel_store* store, satchel_slice sql,
                                                            satchel_buffer* answer);
/* Full text over all words of all records, ranked. In: {"text", "collections", "scope", "about", "include_voided", "limit"},
 * text as a person types it: words, "words in this order", begin*; it is never a syntax error. Out: {"token", "hits",
 * "waiting", "of"}, each hit with a snippet. The index is kept up in the background; what was written just before is
 * indexed by this call, which may wait for a commit under way then. After a first sync, or when a scope left, the index is
 * made in the background: "waiting" says how many records are not found yet. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_search(satchel_store* store, satchel_slice search,
                                                               satchel_buffer* json);
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_scopes(satchel_store* store, satchel_buffer* json);
/* Where several people wrote without seeing each other: {"token", "conflicts": [...]}. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_conflicts(satchel_store* store, satchel_buffer* json);
/* What the central store did not accept, whole, each with the reason: {"set_aside": [...]}. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_set_aside(satchel_store* store, satchel_buffer* json);
/* Every version of one field, the oldest first: {"token", "versions": [...]}. SATCHEL_NOT_FOUND: no such record, or what
 * was written before this store first received it is not here: satchel_keep_history. To bring a version back, commit its
 * value. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_history(satchel_store* store, satchel_slice collection,
                                                                satchel_slice record, satchel_slice field,
                                                                satchel_buffer* json);
/* Who the store belongs to, its schema: {"organisation", "worker", "replica", "schema"}. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_about(satchel_store* store, satchel_buffer* json);

/* ---- sync ------------------------------------------------------------------------------------------------------- */

/* Called once on the store's thread; `error` (NULL: it worked) and `status` are lent for the call. */
typedef struct satchel_done {
  void* context;
  void (*call)(void* context, const satchel_error* error, satchel_slice status);
  void (*destroy)(void* context);
} satchel_done;
/* Until nothing is left to send or fetch. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sync(satchel_store* store, satchel_done done);
/* The same, waiting for it: at most timeout_ms (0: as long as it takes; SATCHEL_TIMEOUT leaves it running). */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sync_wait(satchel_store* store, int64_t timeout_ms,
                                                                  satchel_buffer* status);
/* The sync whose done has this context is no longer wanted: done is called with SATCHEL_CANCELLED before this returns,
 * and once no other sync is under way and nothing watches, the request under way is stopped. What was sent stays sent, and
 * the next sync goes on from there. No effect when it has ended. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sync_cancel(satchel_store* store, void* context);
/* The first half of closing, for an app with threads that wait for a sync and have to return before satchel_close: each
 * sync ends now, with SATCHEL_CANCELLED (as those of satchel_sync_wait and satchel_sync_within_wait), nothing is watched,
 * and nobody begins another. The rest works as before. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sync_stop(satchel_store* store);
/* Stays in sync until stopped: waits for news from the central store and sends what this or another process commits. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_watch_start(satchel_store* store);
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_watch_stop(satchel_store* store);
/* What an app can show: {"phase", "words", "unsent", ...}. satchel_live_status tells it whenever it differs. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_status(satchel_store* store, satchel_buffer* json);
/* From now on the whole history of a scope is kept here: the next syncs fetch what was written before this store first
 * received it, newest first, and "history_from" of satchel_scopes says how far they have come. `keep` false lets go of it.
 * SATCHEL_NOT_FOUND when this store does not hold the scope. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_keep_history(satchel_store* store, satchel_slice scope,
                                                                     bool keep);
/* The network came or went; when it came, a waiting retry runs at once. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_network_changed(satchel_store* store, bool online);

/* ---- in the background ------------------------------------------------------------------------------------------- */

/* For the moment when the app leaves the screen and the system may suspend or end it: stops watching and the work on the
 * search index, and returns when everything committed so far survives a power cut, whatever the durability. From then on
 * nothing of this store runs until the next call, but a sync that somebody waits for and what is followed and not
 * paused. Waits for the commit or the answer under way, at most within_ms (0: as long as it takes); when that was not
 * enough, "flushed" is false, and it goes on by itself. Out: {"flushed", "left"}, left being what is not at base yet, as
 * below. To go on: satchel_watch_start. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_enter_background(satchel_store* store, int64_t within_ms,
                                                                         satchel_buffer* json);
/* One sync for a task that the system gives an app in the background: until nothing is left to send or fetch, or within_ms
 * (at least 1) are over. Then the request under way is stopped, unless somebody else waits for a sync or watches. Wherever
 * it ends, everything is whole: each answer was applied or not at all, what was sent stays sent, and the next sync goes on
 * from there. `done` is called once on the store's thread, after the end of within_ms only by as long as an answer or a
 * commit under way then takes, on a slow device a second: take a few off what the system gives. How the sync ended is
 * no error: {"ended": "finished", "out_of_time", "offline", "needs_sign_in" or "failed", "error": null or why,
 * "left": {"words", "unsent", "records", ...}}. An error: closed, cancelled (satchel_sync_cancel, by the context of done). */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sync_within(satchel_store* store, int64_t within_ms,
                                                                    satchel_done done);
/* The same, waiting for it. Returns within_ms after the call and not later (some 100 ms for the system), whatever the store's
 * thread is busy with: what is left is read on the caller's. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_sync_within_wait(satchel_store* store, int64_t within_ms,
                                                                         satchel_buffer* json);

/* ---- following what is shown ------------------------------------------------------------------------------------- */

/* An app says once what it shows and hears of every difference: whoever wrote it, this app, the central store or another
 * process on the same file. "changed" is called first with what there is now, then after each commit and each answer of
 * the central store that makes a difference to it; what comes while it runs is told in one go afterwards, of one moment of
 * the store. What cannot have changed is not read again: many may be followed at once.
 *   Thread: all calls come one after the other on a thread of their own that the store keeps for them, never on the
 *   caller's and never on the store's: however long one takes, commits and sync go on. So from inside "changed" and "failed"
 *   every function but satchel_close may be called (it returns SATCHEL_INVALID); the others that are followed wait meanwhile.
 *   While something is followed, commits of other processes are looked for: when the system says that the file was
 *   written to, and where it does not tell four times a second.
 *   json      lent for the call. Each has the token of what it shows (see satchel_transact), but for the status.
 *   failed    (may be NULL) it cannot be followed any more, and nothing more is called but destroy: the store is damaged, has
 *             ended, or a newer schema does not know what was asked for. The handle must still be stopped.
 * `*live` is set before the first call. */
typedef struct satchel_live satchel_live;
typedef struct satchel_live_observer {
  void* context;
  void (*changed)(void* context, satchel_slice json);
  void (*failed)(void* context, const satchel_error* error);
  void (*destroy)(void* context);
} satchel_live_observer;
/* A query as in satchel_query. {"token", "first", "removed", "moved", "inserted", "updated", "next"}: what is different from
 * the list before, docs/ABI.md says how; with "count": true, {"token", "count"}. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_live_query(satchel_store* store, satchel_slice query,
                                                                   satchel_live_observer observer, satchel_live** live);
/* As satchel_read, "record" being null while this store has no such record. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_live_record(satchel_store* store, satchel_slice collection,
                                                                    satchel_slice record,
                                                                    satchel_live_observer observer,
                                                                    satchel_live** live);
/* The whole list of satchel_conflicts. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_live_conflicts(satchel_store* store,
                                                                       satchel_live_observer observer,
                                                                       satchel_live** live);
/* As satchel_status, whenever it differs: during a sync, too. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_live_status(satchel_store* store,
                                                                    satchel_live_observer observer,
                                                                    satchel_live** live);
/* Which records read differently, for an app that keeps copies: {"token", "anything", "records": [{"collection", "id"}]};
 * anything: too many to name, as at first. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_live_changes(satchel_store* store,
                                                                     satchel_live_observer observer,
                                                                     satchel_live** live);
/* Until satchel_live_resume nothing is told of it, "failed" neither, and nothing read for it, but for one call that may be on
 * its way already; what came meanwhile is told in one go then. For what is out of sight; and who takes one thing at a
 * time pauses inside "changed" (no other call is on its way there) and resumes when it wants the next. Both return at
 * once, from any thread, also after satchel_close; no effect when it is paused, or not, already. */
SATCHEL_API void satchel_live_pause(satchel_live* live);
SATCHEL_API void satchel_live_resume(satchel_live* live);
/* Ends it and frees the handle; NULL is fine. When it returns, no call is running or will come, and destroy has been called:
 * it waits for a call under way, so do not hold a lock that "changed" or destroy takes. From inside a call of the very
 * observer that is stopped, or its destroy, it returns at once; that call is the last, and destroy follows when it returns.
 * Needed once for each handle, before satchel_close or after, which stops all of them and waits for those that others
 * are stopping just then. */
SATCHEL_API void satchel_live_stop(satchel_live* live);

/* ---- care of the file ------------------------------------------------------------------------------------------- */

/* Recomputes everything from what was written and compares it: {"scopes", "records", "entries", "outbox", "search"}.
 * SATCHEL_CORRUPT names the first difference. The search index is compared with the records, word by word; a damaged one is
 * no error, for nothing is lost with it: it is made anew, and "search" says what was wrong. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_verify(satchel_store* store, satchel_buffer* report);
/* A copy of the whole store in one moment, unsent work included, into a file that is not there yet: SATCHEL_INVALID
 * when it is. Also after the handle has ended. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_copy(satchel_store* store, satchel_slice path);
/* For a damaged file that is not open anywhere: moves it aside, makes a new store and writes what could be saved of the
 * unsent work into it. Deletes nothing. Uses path, schema, organisation, worker, durability, key, clock, logger,
 * secrets of the options. Out: {"moved_to", "salvaged", "unreadable", "notes"}. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_rescue(const satchel_options* options, satchel_buffer* report);
/* Gives a store that is open nowhere (SATCHEL_BUSY) another key, or, when the key of the options is empty, encrypts one that
 * was not. The file is written anew beside the old one and takes its place at once: after a kill or a power cut it is whole,
 * with the old key or the new one. Keep both until the call returns. Uses path and key of the options. */
SATCHEL_API SATCHEL_CHECK_RESULT satchel_error* satchel_rekey(const satchel_options* options, satchel_slice new_key);

#ifdef __cplusplus
}
#endif

#endif
