/*
 * listen.h - the listening socket, descriptor 0, at the end of a responder.
 *
 * The socket outlives the process: the web server or systemd holds it, and the next responder takes what waits in its
 * queue. So a request is lost only if this process accepts it and goes. libfcgi offers no way to call threads back
 * from accept(2): a signal would also break off requests that are just being read.
 */
#ifndef ENFORGATE_LISTEN_H
#define ENFORGATE_LISTEN_H

/*
 * From now on no thread of this process accepts anything: calls of accept on descriptor 0 fail, and `waiting` threads that are
 * in such a call already are given a connection each. One that gets a request instead serves it. Returns when that has
 * happened, after 30 ms at the latest, as where another process on the same socket took them.
 */
void listen_end(int waiting);

#endif
