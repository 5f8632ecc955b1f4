/* satchel.h as pkg-config finds it, for the module map beside this. */
#include <satchel.h>
