// What viem's users do besides calling and sending: watching, batching, signing, a wallet's first
// questions, over HTTP and WebSocket.
//
// Usage: node clients.mjs BONDSTONE, the path of the program; or node clients.mjs anvil, which
// shows that the checks themselves hold on another node with the real contracts.

import assert from 'node:assert/strict';
import {
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  decodeFunctionData,
  http,
  parseAbi,
  verifyMessage,
  verifyTypedData,
  webSocket,
} from 'viem';
import { mnemonicToAccount, nonceManager } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { MNEMONIC, request, startAnvil, startBondstone } from './chains.mjs';
import { artifacts } from './contracts.mjs';
import { deploy } from './deployment.mjs';

const TIMEOUT_MS = 15_000;
const POLL_MS = 50;
const WAD = 10n ** 18n;

const MULTICALL3 = { address: '0xcA11bde05977b3631167028862bE2a173976CA11' };
const chain = { ...foundry, contracts: { multicall3: MULTICALL3 } };
const token = parseAbi([
  'function name() view returns (string)',
  'function decimals() view returns (uint8)',
  'function balanceOf(address) view returns (uint256)',
  'function transfer(address, uint256) returns (bool)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
]);
const account = (addressIndex) => mnemonicToAccount(MNEMONIC, { addressIndex });
const [alice, bob, carol, hyperlane, operator] = [0, 1, 8, 3, 6].map(account);
const [alicesAddress, bobsAddress, carolsAddress] = [alice, bob, carol].map((one) => one.address);

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Waits until something is so. */
async function until(what, holds) {
  const end = Date.now() + TIMEOUT_MS / 2;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(POLL_MS / 2);
  }
}

/** The two ways to reach a node. */
function transports(url) {
  return {
    http: () => http(url, { retryCount: 0 }),
    webSocket: () => webSocket(url.replace('http', 'ws'), { retryCount: 0, reconnect: false }),
  };
}

/** What a check works with: clients on one transport, and where the contracts are. */
class Desk {
  constructor(url, at, transport) {
    Object.assign(this, { url, at, transport });
    const options = { chain, transport, pollingInterval: POLL_MS };
    this.public = createPublicClient(options);
    this.test = createTestClient({ ...options, mode: 'anvil' });
    this.wallet = (of) => createWalletClient({ ...options, account: of });
  }

  get token() {
    return { address: this.at.wstETH, abi: token };
  }

  transfer(from, to, value) {
    return this.wallet(from).writeContract({
      ...this.token,
      functionName: 'transfer',
      args: [to.address, value],
    });
  }

  async done(hash) {
    const receipt = await this.public.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, 'success');
    return receipt;
  }
}

/** An opt-in as typed data. */
function optIn(desk, nonce) {
  const service = 'OperatorNetworkOptInService';
  const field = (name, type) => ({ name, type });
  return {
    domain: {
      name: service,
      version: '1',
      chainId: foundry.id,
      verifyingContract: desk.at[service],
    },
    types: {
      OptIn: [
        ...[field('who', 'address'), field('where', 'address')],
        ...[field('nonce', 'uint256'), field('deadline', 'uint48')],
      ],
    },
    primaryType: 'OptIn',
    message: { who: operator.address, where: hyperlane.address, nonce, deadline: 2 ** 47 },
  };
}

async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({ message: 'it should have failed' });
}

/** The code of the JSON-RPC error behind an error of viem. */
function codeOf(error) {
  const coded = error.walk?.((cause) => typeof cause.code === 'number') ?? error;
  return coded?.code;
}

/** Checks that run on each transport. */
const CHECKS = {
  async 'chain, client and accounts'({ public: client, wallet }) {
    assert.equal(await client.getChainId(), foundry.id);
    assert.match(await client.request({ method: 'web3_clientVersion' }), /^(bondstone|anvil)\//);
    const addresses = await wallet(alice).getAddresses();
    assert.deepEqual(addresses, [alicesAddress]);
    const owned = await client.request({ method: 'eth_accounts' });
    assert.equal(owned.length, 10);
  },

  async 'a transfer with fees and gas that viem asks for'(desk) {
    const { public: client } = desk;
    const { maxFeePerGas } = await client.estimateFeesPerGas();
    assert.equal(typeof maxFeePerGas, 'bigint');
    const hash = await desk.transfer(alice, bob, WAD);
    const receipt = await desk.done(hash);
    assert.equal(receipt.transactionHash, hash);
    const transaction = await client.getTransaction({ hash });
    assert.equal(transaction.from.toLowerCase(), alicesAddress.toLowerCase());
    const call = decodeFunctionData({ abi: token, data: transaction.input });
    assert.deepEqual(call.args, [bobsAddress, WAD]);
    const block = await client.getBlock({
      blockHash: receipt.blockHash,
      includeTransactions: true,
    });
    assert.equal(block.transactions[0].hash, hash);
    assert.equal(await client.getTransactionConfirmations({ hash }), 1n);
  },

  async 'a receipt is waited for, with confirmations'(desk) {
    const hash = await desk.transfer(alice, bob, 1n);
    const waiting = desk.public.waitForTransactionReceipt({ hash, confirmations: 3 });
    await sleep(2 * POLL_MS);
    await desk.test.mine({ blocks: 2 });
    assert.equal((await waiting).status, 'success');
  },

  async 'watchContractEvent sees the events asked for and no others'(desk) {
    const seen = [];
    const failures = [];
    const unwatch = desk.public.watchContractEvent({
      ...desk.token,
      eventName: 'Transfer',
      args: { to: carolsAddress },
      onLogs: (logs) => seen.push(...logs),
      onError: (error) => failures.push(error),
    });
    try {
      // The filter or subscription is made in the background.
      await sleep(10 * POLL_MS);
      await desk.done(await desk.transfer(alice, bob, 5n));
      const hashes = [];
      for (const value of [6n, 7n]) hashes.push(await desk.transfer(alice, carol, value));
      await until('two logs', () => seen.length >= 2 || failures.length > 0);
      assert.deepEqual(failures, []);
      assert.deepEqual(
        seen.map(({ args, transactionHash }) => [args.value, transactionHash]),
        [
          [6n, hashes[0]],
          [7n, hashes[1]],
        ],
      );
    } finally {
      unwatch();
    }
    const count = seen.length;
    await desk.done(await desk.transfer(alice, carol, 8n));
    await sleep(4 * POLL_MS);
    assert.equal(seen.length, count);
  },

  async 'watchBlocks and watchBlockNumber see every block once'(desk) {
    const [blocks, numbers, failures] = [[], [], []];
    const onError = (error) => failures.push(error);
    const first = await desk.public.getBlockNumber({ cacheTime: 0 });
    const unwatch = [
      desk.public.watchBlocks({
        emitMissed: true,
        onBlock: (block) => blocks.push(block),
        onError,
      }),
      desk.public.watchBlockNumber({
        emitMissed: true,
        onBlockNumber: (n) => numbers.push(n),
        onError,
      }),
    ];
    try {
      await sleep(10 * POLL_MS);
      for (let count = 0; count < 3; count++) await desk.test.mine({ blocks: 1 });
      const last = first + 3n;
      // viem asks for each block that it is told of, and the answers may overtake each other.
      const complete = (list) => list.includes(last) && list.filter((n) => n > first).length >= 3;
      await until(
        'three blocks',
        () =>
          failures.length > 0 ||
          (complete(numbers) && complete(blocks.map(({ number }) => number))),
      );
      assert.deepEqual(failures, []);
      const mined = [1n, 2n, 3n].map((more) => first + more);
      const watched = blocks.filter(({ number }) => number > first);
      watched.sort((one, other) => Number(one.number - other.number));
      numbers.sort((one, other) => Number(one - other));
      assert.deepEqual(
        watched.map(({ number }) => number),
        mined,
      );
      assert.deepEqual(
        numbers.filter((number) => number > first),
        mined,
      );
      const [, before, after] = watched;
      assert.equal(after.parentHash, before.hash);
    } finally {
      unwatch.forEach((stop) => stop());
    }
  },

  async 'filters: events, blocks, pending transactions; changes, logs, removal'(desk) {
    const { public: client } = desk;
    const events = await client.createContractEventFilter({
      ...desk.token,
      eventName: 'Transfer',
      args: { from: bobsAddress },
    });
    const blocks = await client.createBlockFilter();
    const pending = await client.createPendingTransactionFilter();
    const { blockHash, transactionHash } = await desk.done(await desk.transfer(bob, carol, 9n));
    const [log, ...more] = await client.getFilterChanges({ filter: events });
    assert.deepEqual([log.args.value, log.eventName, more], [9n, 'Transfer', []]);
    assert.deepEqual(await client.getFilterChanges({ filter: events }), []);
    assert.ok((await client.getFilterLogs({ filter: events })).length >= 1);
    assert.deepEqual(await client.getFilterChanges({ filter: blocks }), [blockHash]);
    assert.deepEqual(await client.getFilterChanges({ filter: pending }), [transactionHash]);
    assert.equal(await client.uninstallFilter({ filter: events }), true);
    assert.equal(await client.uninstallFilter({ filter: events }), false);
    await rejection(client.getFilterLogs({ filter: events }));
  },

  async 'getContractEvents by block range, by hash and by arguments'(desk) {
    const receipt = await desk.done(await desk.transfer(alice, carol, 11n));
    const { blockNumber, blockHash } = receipt;
    const ask = (range) =>
      desk.public.getContractEvents({ ...desk.token, eventName: 'Transfer', ...range });
    const args = { from: [alicesAddress, bobsAddress], to: carolsAddress };
    const byNumber = await ask({ fromBlock: blockNumber, toBlock: blockNumber, args });
    assert.deepEqual(
      byNumber.map((log) => log.args.value),
      [11n],
    );
    const byHash = await ask({ blockHash });
    assert.deepEqual(
      byHash.map((log) => log.logIndex),
      [0],
    );
    const others = { from: carolsAddress, to: alicesAddress };
    assert.deepEqual(await ask({ fromBlock: blockNumber, args: others }), []);
  },

  async 'multicall: results, failures, decoded errors'(desk) {
    const read = (functionName, ...args) => ({ ...desk.token, functionName, args });
    const contracts = [read('name'), read('decimals'), read('balanceOf', alicesAddress)];
    // Nobody can transfer what Multicall3 does not have.
    contracts.push(read('transfer', carolsAddress, 1n));
    const results = await desk.public.multicall({ contracts });
    assert.deepEqual(
      results.map(({ status }) => status),
      ['success', 'success', 'success', 'failure'],
    );
    assert.equal(results[1].result, 18);
    const cause = results[3].error.walk((error) => error instanceof ContractFunctionRevertedError);
    assert.equal(cause.data.errorName, 'ERC20InsufficientBalance');
    const strict = { contracts: contracts.slice(1, 3), allowFailure: false };
    assert.equal((await desk.public.multicall(strict))[0], 18);
    await rejection(desk.public.multicall({ contracts, allowFailure: false }));
  },

  async 'reads of one moment become one eth_call'(desk) {
    const calls = [];
    const counting = (options) => {
      const made = desk.transport(options);
      const asked = (args, ...rest) => {
        calls.push(args.method);
        return made.request(args, ...rest);
      };
      return { ...made, request: asked };
    };
    const batching = createPublicClient({ chain, transport: counting, batch: { multicall: true } });
    const owners = [alicesAddress, bobsAddress, carolsAddress];
    const balances = await Promise.all(
      owners.map((owner) =>
        batching.readContract({ ...desk.token, functionName: 'balanceOf', args: [owner] }),
      ),
    );
    assert.ok(balances.every((balance) => balance > 0n));
    assert.equal(calls.filter((method) => method === 'eth_call').length, 1);
  },

  async 'typed data: the node signs as a local account does, and the contract takes it'(desk) {
    const service = 'OperatorNetworkOptInService';
    const { abi } = desk.artifacts.OptInService;
    const address = desk.at[service];
    const [who, where] = [operator.address, hyperlane.address];
    const nonce = await desk.public.readContract({
      address,
      abi,
      functionName: 'nonces',
      args: [who, where],
    });
    const typed = optIn(desk, nonce);
    const local = await desk.wallet(operator).signTypedData(typed);
    const remote = await desk.wallet(who).signTypedData(typed);
    assert.equal(remote, local);
    assert.ok(await verifyTypedData({ ...typed, address: who, signature: remote }));
    const { deadline } = typed.message;
    const wallet = desk.wallet(carol);
    const call = {
      address,
      abi,
      account: carol,
      functionName: 'optIn',
      args: [who, where, deadline, remote],
    };
    const { request: checked } = await desk.public.simulateContract(call);
    await desk.done(await wallet.writeContract(checked));
    const question = { address, abi, functionName: 'isOptedIn', args: [who, where] };
    assert.equal(await desk.public.readContract(question), true);
    // It cannot be used twice: the nonce has moved.
    const error = await rejection(desk.public.simulateContract(call));
    const cause = error.walk((one) => one instanceof ContractFunctionRevertedError);
    assert.equal(cause.data.errorName, 'InvalidSignature');
    // Not in the second of the opt-in, for which viem would estimate.
    await desk.test.increaseTime({ seconds: 5 });
    await desk.test.mine({ blocks: 1 });
    const out = { address, abi, functionName: 'optOut', args: [where] };
    await desk.done(await desk.wallet(operator).writeContract(out));
  },

  async 'messages: the node signs as a local account does'(desk) {
    const message = 'I run operators.example';
    const local = await desk.wallet(operator).signMessage({ message });
    assert.equal(await desk.wallet(operator.address).signMessage({ message }), local);
    assert.ok(await verifyMessage({ address: operator.address, message, signature: local }));
  },

  async "nobody else's account signs or sends"(desk) {
    const stranger = desk.wallet('0x00000000000000000000000000000000000000aa');
    const attempts = {
      sign: () => stranger.signMessage({ message: 'x' }),
      'sign typed data': () => stranger.signTypedData(optIn(desk, 0n)),
      send: () => stranger.sendTransaction({ to: bobsAddress, value: 0n, gas: 21_000n }),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      const error = await rejection(attempt());
      // The node answered, and the answer is not that it knows no such method.
      assert.ok(codeOf(error) < -1 && codeOf(error) !== -32601, `${what}: ${error.message}`);
    }
  },

  async 'a transaction of an account that the node holds'(desk) {
    const wallet = desk.wallet(alicesAddress);
    const hash = await wallet.writeContract({
      ...desk.token,
      functionName: 'transfer',
      args: [bobsAddress, 3n],
    });
    await desk.done(hash);
  },

  async "a wallet's first questions"(desk) {
    const asked = (method, params = []) => desk.public.request({ method, params });
    for (const method of desk.absent) {
      const error = await rejection(asked(method));
      assert.ok(desk.absentCodes.includes(codeOf(error)), `${method}: ${codeOf(error)}`);
    }
    const pending = { address: alicesAddress, blockTag: 'pending' };
    assert.ok((await desk.public.getTransactionCount(pending)) > 0);
    assert.ok((await desk.public.getBalance({ address: alicesAddress })) > 0n);
    assert.ok((await desk.public.getCode({ address: desk.at.wstETH })).length > 2);
    assert.equal(await desk.public.getCode({ address: bobsAddress }), undefined);
  },

  async 'errors are decoded: in simulation, in estimation, in a read'(desk) {
    const call = { ...desk.token, functionName: 'transfer', args: [bobsAddress, 2n ** 200n] };
    const attempts = [
      () => desk.public.simulateContract({ ...call, account: carol }),
      () => desk.public.estimateContractGas({ ...call, account: carol }),
      () => desk.wallet(carol).writeContract(call),
    ];
    for (const attempt of attempts) {
      const error = await rejection(attempt());
      const cause = error.walk((one) => one instanceof ContractFunctionRevertedError);
      assert.equal(cause.data?.errorName, 'ERC20InsufficientBalance', error.message);
      assert.deepEqual([cause.data.args[0], cause.data.args[2]], [carolsAddress, 2n ** 200n]);
    }
  },

  async 'ten transactions in flight, numbered by viem'(desk) {
    const wallet = desk.wallet(mnemonicToAccount(MNEMONIC, { addressIndex: 7, nonceManager }));
    const call = { ...desk.token, functionName: 'transfer', args: [bobsAddress, 1n] };
    const sent = Array.from({ length: 10 }, () => wallet.writeContract({ ...call, gas: 500_000n }));
    const receipts = await Promise.all((await Promise.all(sent)).map((hash) => desk.done(hash)));
    assert.equal(new Set(receipts.map(({ transactionHash }) => transactionHash)).size, 10);
  },

  async 'reads at past blocks'(desk) {
    const read = (blockNumber) =>
      desk.public.readContract({
        ...desk.token,
        functionName: 'balanceOf',
        args: [carolsAddress],
        blockNumber,
      });
    const { blockNumber } = await desk.done(await desk.transfer(alice, carol, 1_000n));
    await desk.done(await desk.transfer(alice, carol, 1n));
    assert.equal((await read(blockNumber)) - (await read(blockNumber - 1n)), 1_000n);
    const last = await desk.public.getBlock({ blockTag: 'safe' });
    assert.equal(typeof last.number, 'bigint');
  },

  async "viem's test actions: time, snapshots, balances, impersonation"(desk) {
    const { test, public: client } = desk;
    const id = await test.snapshot();
    const { timestamp } = await client.getBlock();
    await test.setNextBlockTimestamp({ timestamp: timestamp + 500n });
    await test.mine({ blocks: 1 });
    assert.equal((await client.getBlock()).timestamp, timestamp + 500n);
    await test.mine({ blocks: 3, interval: 10 });
    assert.equal((await client.getBlock()).timestamp, timestamp + 530n);
    await test.increaseTime({ seconds: 1_000 });
    await test.mine({ blocks: 1 });
    assert.ok((await client.getBlock()).timestamp >= timestamp + 1_530n);
    const stranger = '0x00000000000000000000000000000000000000bb';
    await test.setBalance({ address: stranger, value: WAD });
    assert.equal(await client.getBalance({ address: stranger }), WAD);
    await test.impersonateAccount({ address: stranger });
    const wallet = desk.wallet(stranger);
    const call = { ...desk.token, functionName: 'transfer', args: [bobsAddress, 0n] };
    await desk.done(await wallet.writeContract(call));
    await test.stopImpersonatingAccount({ address: stranger });
    await rejection(wallet.writeContract(call));
    await test.revert({ id });
    assert.equal((await client.getBlock()).timestamp, timestamp);
    assert.equal(await client.getBalance({ address: stranger }), 0n);
  },
};

/** Checks of one transport. */
const HTTP_CHECKS = {
  async 'requests of one moment become one HTTP batch'(desk) {
    let posts = 0;
    const onFetchRequest = () => {
      posts++;
    };
    const transport = http(desk.url, { batch: true, retryCount: 0, onFetchRequest });
    const client = createPublicClient({ chain, transport });
    const [number, id, balance] = await Promise.all([
      client.getBlockNumber(),
      client.getChainId(),
      client.getBalance({ address: alicesAddress }),
    ]);
    assert.ok(number > 0n && id === foundry.id && balance > 0n);
    assert.equal(posts, 1);
  },
};

const SOCKET_CHECKS = {
  async 'eth_subscribe: new heads and logs, and an end to them'(desk) {
    const [heads, logs] = [[], []];
    const subscribe = (params, onData) =>
      desk.public.transport.subscribe({
        params,
        onData: ({ result }) => onData(result),
        onError() {},
      });
    const onHeads = await subscribe(['newHeads'], (head) => heads.push(head));
    const filter = { address: desk.at.wstETH };
    const onLogs = await subscribe(['logs', filter], (log) => logs.push(log));
    const { transactionHash, blockHash } = await desk.done(await desk.transfer(alice, bob, 4n));
    await until('a head and a log', () => heads.length > 0 && logs.length > 0);
    assert.deepEqual(
      heads.map(({ hash }) => hash),
      [blockHash],
    );
    assert.deepEqual(
      logs.map((log) => log.transactionHash),
      [transactionHash],
    );
    assert.equal(logs[0].removed, false);
    await onHeads.unsubscribe();
    await onLogs.unsubscribe();
    await desk.done(await desk.transfer(alice, bob, 4n));
    await sleep(4 * POLL_MS);
    assert.deepEqual([heads.length, logs.length], [1, 1]);
  },
};

function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** An operator and a network, for the opt-ins. */
async function register(desk) {
  const call = (of, contract, functionName) =>
    desk.wallet(of).writeContract({
      ...{ address: desk.at[contract], abi: desk.artifacts[contract].abi },
      functionName,
    });
  await desk.done(await call(operator, 'OperatorRegistry', 'registerOperator'));
  await desk.done(await call(hyperlane, 'NetworkRegistry', 'registerNetwork'));
}

const [target] = process.argv.slice(2);
if (!target) {
  console.error(
    'usage: node clients.mjs BONDSTONE, the path of the program; or node clients.mjs anvil',
  );
  process.exit(2);
}
const compiled = await artifacts();
const wsteth = { symbol: 'wstETH', name: 'Wrapped', decimals: 18, faucet: 10_000n };
const node = target === 'anvil' ? await startAnvil() : await startBondstone(target);
let [passed, failed] = [0, 0];
try {
  const at =
    target === 'anvil'
      ? await deploy(node.url, compiled, [wsteth])
      : {
          ...node.contracts,
          ...Object.fromEntries(node.tokens.map((one) => [one.symbol, one.address])),
        };
  // Only a wallet has a person to ask. Anvil answers the first one all the same, and has another
  // code for the others over WebSocket.
  const absent = ['eth_requestAccounts', 'wallet_switchEthereumChain', 'wallet_watchAsset'];
  if (target === 'anvil') absent.shift();
  const absentCodes = target === 'anvil' ? [-32601, -32602] : [-32601];
  for (const [name, transport] of Object.entries(transports(node.url))) {
    const own = name === 'http' ? HTTP_CHECKS : SOCKET_CHECKS;
    const desk = new Desk(node.url, at, transport());
    Object.assign(desk, { artifacts: compiled, absent, absentCodes });
    if (name === 'http') await register(desk);
    for (const [what, check] of Object.entries({ ...CHECKS, ...own })) {
      try {
        await within(TIMEOUT_MS, check(desk));
        passed++;
        console.log(`ok: ${name}: ${what}`);
      } catch (error) {
        failed++;
        console.log(`FAILED: ${name}: ${what}\n${String(error.stack).replace(/^/gm, '    ')}`);
      }
    }
  }
  assert.ok(await request(node.url, 'eth_blockNumber'));
} finally {
  await node.stop();
}
console.log(`${passed} passed, ${failed} failed`);
// Sockets that a failed check left open keep nobody waiting.
process.exit(failed === 0 ? 0 : 1);
