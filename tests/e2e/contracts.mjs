// Compiles the contracts that bondstone is compared with: Symbiotic's own, out of their npm
// packages, and two small ones of these tests.
//
// Usage: node contracts.mjs compile OUT.json
//
// The result maps a contract's name to { source, abi, bytecode, deployedBytecode,
// immutableReferences }; bytecodes are hex with 0x, positions in immutableReferences are bytes.
// It is cached in .artifacts/, under a hash of the compiler's version and everything it was given.

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));
const cache = path.join(here, '.artifacts');

const core = (...names) => names.map((name) => `@symbioticfi/core/src/contracts/${name}.sol`);
const rewards = (...names) => names.map((name) => `@symbioticfi/rewards/src/contracts/${name}.sol`);

// One compilation per project, with the settings that the project builds with: core without the
// intermediate representation, rewards through it. Both optimize for 200 runs.
const PROJECTS = [
  {
    viaIR: false,
    files: [
      ...core('OperatorRegistry', 'NetworkRegistry', 'VaultFactory', 'DelegatorFactory'),
      ...core('SlasherFactory', 'VaultConfigurator', 'service/MetadataService'),
      ...core('service/NetworkMiddlewareService', 'service/OptInService'),
      ...core('vault/Vault', 'vault/VaultTokenized', 'slasher/Slasher', 'slasher/VetoSlasher'),
      ...core('delegator/NetworkRestakeDelegator', 'delegator/FullRestakeDelegator'),
      ...core('delegator/OperatorSpecificDelegator', 'delegator/OperatorNetworkSpecificDelegator'),
      ...core('common/MigratableEntityProxy'),
    ],
  },
  {
    viaIR: true,
    files: [
      ...rewards('defaultStakerRewards/DefaultStakerRewards'),
      ...rewards('defaultStakerRewards/DefaultStakerRewardsFactory'),
      ...rewards('defaultOperatorRewards/DefaultOperatorRewards'),
      ...rewards('defaultOperatorRewards/DefaultOperatorRewardsFactory'),
    ],
  },
  { viaIR: false, files: ['contracts/Token.sol', 'contracts/Batch.sol'] },
];

// The largest code that a chain takes unless it is told otherwise (EIP-170), in bytes.
const MAX_CODE_SIZE = 24_576;

/** The text of a source by the name it is imported under; undefined when there is none. */
function read(name) {
  const file = path.join(here, name.startsWith('@') ? 'node_modules' : '.', name);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Every source that the files import, however indirectly: name to { content }. */
function closure(files) {
  const sources = {};
  const waiting = [...files];
  while (waiting.length > 0) {
    const name = waiting.pop();
    if (sources[name]) continue;
    const content = read(name);
    if (content === undefined) throw new Error(`no source ${name}; run npm ci in tests/e2e`);
    sources[name] = { content };
    for (const [, imported] of content.matchAll(
      /^\s*(?:import|\}\s*from)[^"';]*["']([^"']+)["']/gm,
    )) {
      const relative = imported.startsWith('.');
      waiting.push(relative ? path.posix.join(path.posix.dirname(name), imported) : imported);
    }
  }
  return sources;
}

/** What solc is given for a project. */
function input({ viaIR, files }) {
  const fields = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode'];
  const outputSelection = Object.fromEntries(files.map((file) => [file, { '*': fields }]));
  const optimizer = { enabled: true, runs: 200 };
  const settings = { viaIR, optimizer, evmVersion: 'cancun', outputSelection };
  return JSON.stringify({ language: 'Solidity', sources: closure(files), settings });
}

/** Runs solc over one input; name to artifact. */
function compile(text) {
  const solc = require('solc');
  const output = JSON.parse(solc.compile(text, { import: (name) => ({ error: `no ${name}` }) }));
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((error) => error.formattedMessage).join('\n'));
  const artifacts = {};
  for (const [source, contracts] of Object.entries(output.contracts)) {
    for (const [name, { abi, evm }] of Object.entries(contracts)) {
      const { object, immutableReferences } = evm.deployedBytecode;
      if (evm.bytecode.object === '') continue;
      if (object.length / 2 > MAX_CODE_SIZE)
        throw new Error(`${name} is larger than EIP-170 allows`);
      artifacts[name] = {
        source,
        abi,
        bytecode: `0x${evm.bytecode.object}`,
        deployedBytecode: `0x${object}`,
        immutableReferences,
      };
    }
  }
  return artifacts;
}

function compileAside(text) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { text } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

/** All artifacts, compiled now or before: name to artifact. */
export async function artifacts() {
  const version = require('solc/package.json').version;
  const all = await Promise.all(
    PROJECTS.map(async (project) => {
      const text = input(project);
      const key = createHash('sha256').update(version).update('\n').update(text).digest('hex');
      const file = path.join(cache, `${key}.json`);
      if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
      const made = await compileAside(text);
      mkdirSync(cache, { recursive: true });
      // Renamed into place, so that a reader never finds half a file.
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, JSON.stringify(made));
      renameSync(draft, file);
      return made;
    }),
  );
  return Object.assign({}, ...all);
}

if (!isMainThread && workerData?.text) {
  parentPort.postMessage(compile(workerData.text));
} else if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [command, out] = process.argv.slice(2);
  if (command !== 'compile' || !out) {
    console.error('usage: node contracts.mjs compile OUT.json');
    process.exit(2);
  }
  const made = await artifacts();
  writeFileSync(out, JSON.stringify(made));
  for (const [name, { deployedBytecode }] of Object.entries(made)) {
    console.log(`${name.padEnd(34)}${String((deployedBytecode.length - 2) / 2).padStart(6)} bytes`);
  }
}
