/* run.mjs - all browser tests, for approve.sh. */
import { startBrowser, startForwarder } from './lib.mjs';
import { decide } from './decide.mjs';
import { looks } from './looks.mjs';
import { theArguments } from './arguments.mjs';

const stop = [await startForwarder(), await startBrowser()];
try {
	await decide();
	await looks();
	await theArguments();
} finally {
	for (const end of stop)
		await end();
}
process.exit(0);
