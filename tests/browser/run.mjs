/* run.mjs - all browser tests, for approve.sh. */
import { atTheEnd, theArguments } from './arguments.mjs';
import { decide } from './decide.mjs';
import { runAll, startBrowser, startForwarder } from './lib.mjs';
import { looks } from './looks.mjs';

const stop = [await startForwarder(), await startBrowser()];
try {
	/* What takes longest goes first. */
	await runAll([...looks, ...decide, ...theArguments]);
	await runAll(atTheEnd);
} finally {
	for (const end of stop)
		await end();
}
process.exit(0);
