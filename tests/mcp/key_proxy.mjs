#!/usr/bin/env node
/*
 * key_proxy.mjs URL - gives the key $ENFORGATE_KEY to every request and passes it on to URL: the conformance suite has no option
 * for headers. Prints its own URL, on localhost, once it listens.
 *
 * Streams both ways; who hangs up here hangs up there. Host and Origin are rewritten where they name this proxy, and stay as they
 * are otherwise: the suite tests what a server does about foreign ones.
 */
import { createServer, request } from 'node:http';

const target = new URL(process.argv[2]);
const proxy = createServer((coming, response) => {
	const port = proxy.address().port;
	const here = [`localhost:${port}`, `127.0.0.1:${port}`];
	const headers = { ...coming.headers, authorization: `Bearer ${process.env.ENFORGATE_KEY}` };
	if (here.includes(headers.host))
		headers.host = target.host;
	if (here.includes(headers.origin?.replace(/^http:\/\//, '')))
		headers.origin = target.origin;
	const onward = request(target, { method: coming.method, headers, agent: false }, (answer) => {
		response.writeHead(answer.statusCode, answer.headers);
		response.flushHeaders();
		answer.pipe(response);
		answer.on('error', () => response.destroy());
	});
	onward.on('error', (error) => {
		if (!response.headersSent)
			response.writeHead(502);
		response.end(error.message);
	});
	response.on('close', () => onward.destroy());
	coming.pipe(onward);
});
proxy.requestTimeout = 0;
proxy.listen(0, '127.0.0.1', () => console.log(`http://localhost:${proxy.address().port}/mcp`));
