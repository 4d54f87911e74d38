/*
 * loopback.mjs - preloaded into servers that listen on every address: they listen on this machine's own only.
 */
import { Server } from 'node:net';

const listen = Server.prototype.listen;
Server.prototype.listen = function (first, ...rest) {
	const port = Number(first);
	if (Number.isInteger(port) && typeof rest[0] !== 'string')
		return listen.call(this, port, '127.0.0.1', ...rest);
	return listen.call(this, first, ...rest);
};
