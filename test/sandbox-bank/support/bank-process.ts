import { startSandboxBank } from '../../../src/sandbox-bank/sandbox-bank.ts';

// A sandbox bank in a process of its own, for tests that kill it. Argument: the data file.
const bank = await startSandboxBank({ host: '127.0.0.1', port: 0, dataFile: process.argv[2] ?? '' });
process.send?.({ url: bank.url });
