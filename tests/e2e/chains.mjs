// Starts the chains, waits until they listen, reads what they say about themselves, ends them.

import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** The mnemonic of the ten developer accounts, the same on both chains. */
export const MNEMONIC = 'test test test test test test test test test test test junk';
export const CHAIN_ID = 31337;

/** Time of anvil's first block: early enough for the deployment to end before a scenario starts. */
const GENESIS = 1_999_000_000;
const START_TIMEOUT_MS = 60_000;

/** A program out of Foundry's npm package for this platform; its npm wrapper loses exit codes. */
export function foundry(name) {
  const scope = path.join(here, 'node_modules/@foundry-rs');
  const packages = existsSync(scope) ? readdirSync(scope) : [];
  const found = packages
    .filter((folder) => folder.startsWith(`${name}-`))
    .map((folder) => path.join(scope, folder, 'bin', name))
    .find((file) => existsSync(file));
  if (!found) throw new Error(`${name} is missing; run npm ci in tests/e2e`);
  return found;
}

/** What still runs; it must not outlive the test. */
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill()));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

/** A program that listens: its URL, what it printed until then, and how to end it. */
function start(program, args, listening) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    let said = '';
    const failed = (why) => {
      child.kill();
      reject(new Error(`${program} ${args.join(' ')}: ${why}\n${said}`));
    };
    const timer = setTimeout(() => failed('does not listen'), START_TIMEOUT_MS);
    const ended = new Promise((done) => child.once('close', done));
    const hear = (chunk) => {
      said += chunk;
      const found = said.match(listening);
      if (!found) return;
      clearTimeout(timer);
      // Both keep talking; nobody listens, but the pipe must not fill up.
      child.stdout.removeListener('data', hear).resume();
      const stop = async () => {
        child.kill('SIGINT');
        await ended;
      };
      resolve({ url: `http://${found[1]}`, said, stop });
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      if (said.length < 100_000) said += chunk;
    });
    child.once('error', (error) => failed(error.message));
    ended.then((code) => {
      children.delete(child);
      clearTimeout(timer);
      reject(new Error(`${program} ended with ${code} before it listened\n${said}`));
    });
  });
}

/**
 * `bondstone up`, with contracts, tokens and accounts only unless other arguments are given: its URL,
 * the address of each contract in its banner, its tokens, what else is named there, and how to stop it.
 */
export async function startBondstone(program, given = ['--bare']) {
  const { stdout: help } = await run(program, ['up', '--help']);
  // A node that keeps its chain on disk would go on where another test stopped.
  const fresh = help.includes('--ephemeral') ? ['--ephemeral'] : [];
  const args = ['up', ...given, '--port', '0', ...fresh];
  const node = await start(program, args, /^Listening on http:\/\/(\S+)$/m);
  const contracts = {};
  for (const [, name, address] of node.said.matchAll(/^ {2}(\w+) +(0x[0-9a-fA-F]{40})$/gm)) {
    contracts[name] = address;
  }
  const tokens = [];
  const row = /^ {2}(\S+) \((\d+) decimals\) +(0x[0-9a-fA-F]{40}) +(\d+)$/gm;
  for (const [, symbol, decimals, address, faucet] of node.said.matchAll(row)) {
    tokens.push({ symbol, decimals: Number(decimals), address, faucet: BigInt(faucet) });
  }
  const named = {};
  for (const [, name, address] of node.said.matchAll(/^ {2}(\S.*?) +(0x[0-9a-fA-F]{40}) {2}\D/gm)) {
    named[name] = address;
  }
  return { ...node, contracts, tokens, named };
}

/** An anvil with nothing on it. */
export function startAnvil() {
  const args = ['--port', '0', '--timestamp', String(GENESIS), '--mnemonic', MNEMONIC];
  return start(foundry('anvil'), args, /^Listening on (\S+)$/m);
}

/** One JSON-RPC request of the test itself, where it does not matter which client asks. */
export async function request(url, method, params = []) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body });
  const { result, error } = await response.json();
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
}
