// Three networks of the default economy pay, each by a programme of economies/programmes: computed,
// verified and published by the program, claimed by everybody with viem; on bondstone, and on anvil
// with the real contracts. Two weeks, one after the other. What is claimed is the budget, to the
// last unit.
//
// Usage: node programmes.mjs BONDSTONE, the path of the program.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { StandardMerkleTree } from '@openzeppelin/merkle-tree';
import {
  createPublicClient,
  createTestClient,
  createWalletClient,
  http,
  parseAbi,
  parseEther,
  parseEventLogs,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { CHAIN_ID, MNEMONIC, request, startAnvil, startBondstone } from './chains.mjs';
import { artifacts } from './contracts.mjs';
import { deploy } from './deployment.mjs';

const run = promisify(execFile);
const here = path.dirname(fileURLToPath(import.meta.url));
const programmes = path.join(here, '../../economies/programmes');

const WEEK = 7 * 86_400;
/** A Monday. */
const MONDAY = Date.UTC(2024, 0, 1) / 1000;
const GAS = 2_000_000n;
const BATCH = 40;
/** Somebody whom nobody pays, and who has a million of each token. */
const stranger = mnemonicToAccount(MNEMONIC, { addressIndex: 9 }).address;

/** Who pays by which file, how many whole tokens a week, and how many are paid at least. */
const PROGRAMMES = [
  { file: 'hyper-stakers.toml', payer: 'Hyperlane', symbol: 'HYPER', weekly: 20_000n, least: 70 },
  { file: 'tanssi-operators.toml', payer: 'Tanssi', symbol: 'TANSSI', weekly: 35_000n, least: 5 },
  { file: 'spark-points.toml', payer: 'Spark', symbol: 'SPK', weekly: 100_000n, least: 25 },
];

const token = parseAbi([
  'function mint(address account, uint256 value)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function balanceOf(address account) view returns (uint256)',
]);
const registry = parseAbi(['function registerNetwork()']);
const middlewares = parseAbi([
  'function setMiddleware(address middleware)',
  'function middleware(address network) view returns (address)',
]);
const factory = parseAbi([
  'function create() returns (address)',
  'function totalEntities() view returns (uint256)',
  'function entity(uint256 index) view returns (address)',
]);
const operatorRewards = parseAbi([
  'function root(address network, address token) view returns (bytes32)',
  'function balance(address network, address token) view returns (uint256)',
  'function claimRewards(address, address, address, uint256, bytes32[]) returns (uint256)',
  'event ClaimRewards(address to, address indexed network, address indexed token, ' +
    'address indexed claimer, uint256 amount)',
  'error InvalidProof()',
  'error InsufficientTotalClaimable()',
]);

/** A chain on which everybody's key is at hand. */
class Chain {
  constructor(name, url, places) {
    const transport = http(url);
    Object.assign(this, { name, url, places, chain: foundry });
    const options = { chain: foundry, transport, pollingInterval: 20 };
    this.reader = createPublicClient(options);
    this.wallet = createWalletClient(options);
    this.tools = createTestClient({ ...options, mode: 'anvil' });
  }

  /** Lets these accounts send, and gives them what gas costs. */
  async act(accounts) {
    for (const address of accounts) {
      await this.tools.impersonateAccount({ address });
      await this.tools.setBalance({ address, value: parseEther('10') });
    }
  }

  async read(address, abi, functionName, args = []) {
    return this.reader.readContract({ address, abi, functionName, args });
  }

  /** Sends calls, some at a time; their receipts. */
  async send(calls) {
    const receipts = [];
    for (let at = 0; at < calls.length; at += BATCH) {
      const batch = calls.slice(at, at + BATCH);
      const sent = batch.map((call) => this.wallet.writeContract({ gas: GAS, ...call }));
      const hashes = await Promise.all(sent);
      // Of transactions that come at once anvil leaves one in its pool now and then, for good.
      if (this.name === 'anvil') await this.tools.mine({ blocks: 1 });
      const waiting = hashes.map(async (hash, index) => {
        const receipt = await this.reader.waitForTransactionReceipt({ hash });
        assert.equal(receipt.status, 'success', `${this.name}: ${batch[index].functionName}`);
        return receipt;
      });
      receipts.push(...(await Promise.all(waiting)));
    }
    return receipts;
  }

  /** A call must fail with an error of the contract. */
  async refuses(call, error) {
    const refused = (thrown) => thrown.walk?.((cause) => cause.data?.errorName === error) != null;
    await assert.rejects(this.reader.simulateContract(call), refused, `${this.name}: no ${error}`);
  }

  /** Operator rewards of their own, so that nothing was paid through them before. */
  async createRewards() {
    const { OperatorRewardsFactory: address } = this.places;
    await this.send([{ account: stranger, address, abi: factory, functionName: 'create' }]);
    const count = await this.read(address, factory, 'totalEntities');
    this.rewards = await this.read(address, factory, 'entity', [count - 1n]);
  }
}

/** The real contracts, with each payer and each token at the address that it has on bondstone. */
async function startReal(compiled, tokens, payers) {
  const anvil = await startAnvil();
  const [symbol, name, decimals] = ['TOKEN', 'Token', 18];
  const places = await deploy(anvil.url, compiled, [{ symbol, name, decimals, faucet: 0n }]);
  const chain = new Chain('anvil', anvil.url, places);
  const bytecode = await chain.reader.getCode({ address: places[symbol] });
  const actors = payers.flatMap(({ network, middleware }) => [network, middleware]);
  await chain.act([stranger, ...actors]);
  for (const address of tokens) {
    await chain.tools.setCode({ address, bytecode });
    const args = [stranger, 10n ** 24n];
    await chain.send([{ account: stranger, address, abi: token, functionName: 'mint', args }]);
  }
  for (const { network, middleware } of payers) {
    const [register, set] = [places.NetworkRegistry, places.NetworkMiddlewareService];
    await chain.send([
      { account: network, address: register, abi: registry, functionName: 'registerNetwork' },
    ]);
    await chain.send([
      {
        ...{ account: network, address: set, abi: middlewares },
        ...{ functionName: 'setMiddleware', args: [middleware] },
      },
    ]);
  }
  await chain.createRewards();
  return { chain, stop: anvil.stop };
}

/** Computes a distribution, checks it with the program and its tree with npm's library. */
async function computed(program, url, work, { file, weekly, least }, [from, until], previous) {
  const out = path.join(work, `${file}-${until}`);
  const rewards = (...args) => run(program, ['rewards', ...args, '--rpc', url]);
  const goesOn = previous ? ['--previous', previous.out] : [];
  const span = ['--from', `${from}`, '--to', `${until}`];
  await rewards('run', path.join(programmes, file), ...span, ...goesOn, '--out', out);
  await rewards('verify', out);

  const read = (name) => JSON.parse(readFileSync(path.join(out, name), 'utf8'));
  const { accounts, payable } = read('totals.json');
  const units = Object.fromEntries(
    Object.entries(accounts).map(([name, amount]) => [name, BigInt(amount)]),
  );
  assert.equal(units.budget, weekly * 10n ** 18n, `${file}: the budget`);
  const { paid, protocol_fees, admin_fees, unspent, dust } = units;
  assert.equal(paid + protocol_fees + admin_fees + unspent + dust, units.budget, `${file}: a sum`);

  // Loading validates every node.
  const tree = StandardMerkleTree.load(read(`tree-${CHAIN_ID}.json`));
  const leaves = [...tree.entries()].map(([index, [account, total]]) => {
    return { account, total: BigInt(total), proof: tree.getProof(index) };
  });
  const values = leaves.map(({ account, total }) => [account, `${total}`]);
  const { root } = StandardMerkleTree.of(values, ['address', 'uint256']);
  assert.deepEqual(read('manifest.json').trees.map((written) => written.root), [root], file);
  const total = leaves.reduce((sum, leaf) => sum + leaf.total, 0n);
  assert.equal(total, BigInt(payable[0].payable), `${file}: what is payable`);
  assert.equal(total, units.budget + (previous?.total ?? 0n), `${file}: it is all payable`);
  assert.ok(leaves.length >= least, `${file}: only ${leaves.length} are paid`);
  return { out, root, leaves, total, budget: units.budget };
}

/** Publishes a distribution with the program, twice: the second time there is nothing to do. */
async function publish(program, chain, programme, { out, budget, root }) {
  const { rewards } = chain;
  const { network, middleware, address, isPoints } = programme;
  const give = { account: stranger, address, abi: token, functionName: 'transfer' };
  await chain.send([{ ...give, args: [middleware, budget] }]);
  const rail = ['--rail', 'v1-operator', '--rewards', rewards];
  if (isPoints) rail.push('--token', address);
  const args = ['rewards', 'publish', out, ...rail, '--rpc', chain.url, '--from', middleware];
  const height = () => chain.reader.getBlockNumber({ cacheTime: 0 });
  const before = await height();
  await run(program, args);
  const after = await height();
  assert.ok(after > before, `${chain.name}: nothing was published`);
  await run(program, args);
  assert.equal(await height(), after, `${chain.name}: published once`);
  const found = await chain.read(rewards, operatorRewards, 'root', [network, address]);
  assert.equal(found, root, `${chain.name}: the root`);
}

/** Everybody claims; the sum, by account. */
async function claimed(chain, { network, address }, { leaves, budget }, previous) {
  const { rewards } = chain;
  const asked = { address: rewards, abi: operatorRewards, functionName: 'claimRewards' };
  const claim = ({ account, total, proof }) => {
    return { ...asked, account, args: [account, network, address, total, proof] };
  };
  const before = new Map(previous?.leaves.map(({ account, total }) => [account, total]));
  const open = leaves.filter(({ account, total }) => total > (before.get(account) ?? 0n));
  await chain.act(open.map(({ account }) => account));
  const [first] = open;
  await chain.refuses({ ...claim(first), account: stranger }, 'InvalidProof');
  await chain.refuses(claim({ ...first, total: first.total + 1n }), 'InvalidProof');
  const held = (account) => chain.read(address, token, 'balanceOf', [account]);
  const balances = await Promise.all(open.map(({ account }) => held(account)));

  const receipts = await chain.send(open.map(claim));
  const logs = receipts.flatMap((receipt) => receipt.logs);
  const events = parseEventLogs({ abi: operatorRewards, eventName: 'ClaimRewards', logs });
  const amounts = new Map(events.map(({ args }) => [args.claimer, args.amount]));
  assert.equal(events.length, open.length);
  for (const [index, { account, total }] of open.entries()) {
    const amount = total - (before.get(account) ?? 0n);
    assert.equal(amounts.get(account), amount, `${chain.name}: ${account} claims`);
    assert.equal((await held(account)) - balances[index], amount, `${chain.name}: ${account} has`);
  }
  const sum = [...amounts.values()].reduce((all, amount) => all + amount, 0n);
  assert.equal(sum, budget, `${chain.name}: the claims are the budget`);
  assert.equal(await chain.read(rewards, operatorRewards, 'balance', [network, address]), 0n);
  assert.equal(await held(rewards), 0n, `${chain.name}: nothing is left`);
  await chain.refuses(claim(first), 'InsufficientTotalClaimable');
  return amounts;
}

/** A programme's weeks, from the file to the last claim on all chains. */
async function paid(program, chains, work, programme, weeks) {
  let previous;
  for (const week of weeks) {
    const [native] = chains;
    const distribution = await computed(program, native.url, work, programme, week, previous);
    const all = [];
    for (const chain of chains) {
      await publish(program, chain, programme, distribution);
      all.push(await claimed(chain, programme, distribution, previous));
    }
    for (const amounts of all) assert.deepEqual(amounts, all[0]);
    const { size } = all[0];
    const date = new Date(week[0] * 1000).toISOString().slice(0, 10);
    console.log(`${programme.file}, week of ${date}: ${size} claims, ${distribution.budget} units`);
    previous = distribution;
  }
}

/** The last two weeks, from Monday to Monday, that are over at a second. */
function lastWeeks(second) {
  const end = second - ((second - MONDAY) % WEEK);
  return [2, 1].map((ago) => [end - ago * WEEK, end - (ago - 1) * WEEK]);
}

const [program] = process.argv.slice(2);
if (!program) {
  console.error('usage: node programmes.mjs BONDSTONE, the path of the program');
  process.exit(2);
}
const work = mkdtempSync(path.join(tmpdir(), 'bondstone-programmes-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
try {
  const [compiled, bondstone] = await Promise.all([artifacts(), startBondstone(program, [])]);
  const native = new Chain('bondstone', bondstone.url, bondstone.contracts);
  const service = native.places.NetworkMiddlewareService;
  for (const programme of PROGRAMMES) {
    const network = bondstone.named[programme.payer];
    const middleware = await native.read(service, middlewares, 'middleware', [network]);
    const { address } = bondstone.tokens.find(({ symbol }) => symbol === programme.symbol);
    const isPoints = programme.file.includes('points');
    Object.assign(programme, { network, middleware, address, isPoints });
  }
  await native.act([stranger, ...PROGRAMMES.map(({ middleware }) => middleware)]);
  await native.createRewards();
  const tokens = PROGRAMMES.map(({ address }) => address);
  const { chain: real, stop } = await startReal(compiled, tokens, PROGRAMMES);
  const { timestamp } = await request(native.url, 'eth_getBlockByNumber', ['latest', false]);
  const weeks = lastWeeks(Number(timestamp));
  for (const programme of PROGRAMMES) {
    await paid(program, [native, real], work, programme, weeks);
  }
  await Promise.all([bondstone.stop(), stop()]);
} catch (error) {
  console.error(error.stack);
  // What still runs ends with this process.
  process.exit(1);
}
