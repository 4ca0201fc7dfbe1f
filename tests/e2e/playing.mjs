// Plays the scenario on one chain with one client and records what happened, addresses by name.

import { decodeEventLog, getContractAddress, keccak256, toEventSelector } from 'viem';
import { encodeAbiParameters, encodeFunctionData, getAddress, parseAbiParameters } from 'viem';
import { plain } from './abi.mjs';
import { request } from './chains.mjs';
import { PARTS } from './scenario.mjs';

/** Enough for the dearest step; a step that must fail cannot be estimated. */
const GAS = 8_000_000n;
const ADD_ENTITY = toEventSelector('AddEntity(address)');
/** Who asks when it does not matter. */
const READER = PARTS.carol;

export class Play {
  constructor({ chain, title, url, client, names, artifacts, exclusions }) {
    Object.assign(this, { chain, title, url, client, names, artifacts, exclusions });
    this.signatures = new Map();
    this.records = [];
    this.logs = [];
    this.events = Object.values(artifacts).flatMap(({ abi }) =>
      abi.filter((one) => one.type === 'event'),
    );
    this.countedAddresses = { exact: 0, excluded: 0 };
  }

  /** Plays all steps. */
  async run(steps) {
    for (const [index, step] of steps.entries()) {
      const where = `${this.title}, step ${index}: ${described(step)}`;
      try {
        this.records.push({ step: described(step), ...(await this[step.kind](step)) });
      } catch (error) {
        throw new Error(`${where}\n${error.stack}`);
      }
    }
    await this.checkLogs();
    return this;
  }

  /** What stands in arguments for something that is known only now. */
  async resolve(value) {
    if (Array.isArray(value)) return Promise.all(value.map((one) => this.resolve(one)));
    if (typeof value === 'string') {
      return value.startsWith('@') ? getAddress(this.names.address(value.slice(1))) : value;
    }
    if (value === null || typeof value !== 'object') return value;
    if (value.subnetwork) {
      const [network, identifier] = value.subnetwork;
      const tail = identifier.toString(16).padStart(24, '0');
      return `${this.names.address(network.slice(1)).toLowerCase()}${tail}`;
    }
    if (value.encode) {
      const [types, values] = value.encode;
      return this.client.encode(types, await this.resolve(values));
    }
    if (value.calldata) {
      const [signature, args] = value.calldata;
      return this.client.calldata(signature, await this.resolve(args));
    }
    if (value.signature) return this.signatures.get(value.signature);
    const entries = Object.entries(value);
    return Object.fromEntries(
      await Promise.all(entries.map(async ([key, one]) => [key, await this.resolve(one)])),
    );
  }

  async send(step) {
    const [to, args] = [this.names.address(step.to), await this.resolve(step.args)];
    const from = PARTS[step.from];
    await request(this.url, 'evm_setNextBlockTimestamp', [step.at]);
    const receipt = await this.client.send(from, to, step.signature, args, GAS);
    const block = await request(this.url, 'eth_getBlockByNumber', [
      `0x${receipt.blockNumber.toString(16)}`,
      false,
    ]);
    if (Number(block.timestamp) !== step.at) {
      throw new Error(`mined at ${Number(block.timestamp)}, asked for ${step.at}`);
    }
    if (receipt.status === Boolean(step.fails)) {
      const asked = await this.client.call(from, to, step.signature, args);
      throw new Error(`status ${receipt.status}; ${JSON.stringify(asked)}`);
    }
    this.firstBlock ??= receipt.blockNumber;
    this.logs.push(...receipt.logs);
    await this.nameEntities(step, receipt);
    const record = { status: receipt.status, logs: receipt.logs.map((log) => this.log(log)) };
    return step.fails ? { ...record, ...(await this.refusal(step, from, to, args)) } : record;
  }

  /** The error of a call, which must be the one that the story tells. */
  async refusal({ signature, fails: { error, values } }, from, to, args) {
    const { revert } = await this.client.call(from, to, signature, args, error);
    if (!revert) throw new Error('the transaction failed, and the same call does not');
    const want = error && {
      error: error.slice(0, error.indexOf('(')),
      values: plain(await this.resolve(values)),
    };
    const [wanted, got] = [JSON.stringify(want), JSON.stringify(revert.decoded)];
    if (wanted !== got) throw new Error(`wanted ${wanted}, got ${got}, data ${revert.data}`);
    const decoded = want && { ...want, values: this.names.replace(want.values) };
    return { revert: { data: this.names.replace(revert.data), decoded } };
  }

  async view(step) {
    const [to, args] = [this.names.address(step.to), await this.resolve(step.args)];
    if (step.fails) return this.refusal(step, READER, to, args);
    const { values, revert } = await this.client.call(READER, to, step.signature, args);
    if (revert) throw new Error(`reverted with ${JSON.stringify(revert)}`);
    return { values: this.names.replace(values) };
  }

  async sign({ name, from, typed }) {
    const signature = await this.client.sign(PARTS[from], await this.resolve(typed));
    this.signatures.set(name, signature);
    // It covers the address of the service, so that it differs from chain to chain.
    return { bytes: (signature.length - 2) / 2 };
  }

  log({ address, topics, data }) {
    let event = 'unknown';
    for (const one of this.events) {
      try {
        event = decodeEventLog({ abi: [one], topics, data, strict: true }).eventName;
        break;
      } catch {
        // Another event; most of them have another topic.
      }
    }
    const [by, ...rest] = this.names.replace([address, ...topics, data]);
    return { event, address: by, topics: rest.slice(0, -1), data: rest.at(-1) };
  }

  /** Gives what a transaction created the names that the step has for it. */
  async nameEntities({ entities = {}, clones = {}, proxy }, { logs }) {
    for (const [factory, name] of Object.entries(entities)) {
      const at = this.names.address(factory).toLowerCase();
      const made = logs.filter(
        ({ address, topics }) => address.toLowerCase() === at && topics[0] === ADD_ENTITY,
      );
      if (made.length !== 1) throw new Error(`${factory} added ${made.length} entities`);
      const address = getAddress(`0x${made[0].topics[1].slice(26)}`);
      this.names.add(name, address);
      if (clones[factory]) {
        const want = await this.cloneAddress(factory, clones[factory]);
        this.checkAddress(address, want, 'rewards-addresses');
      } else if (proxy)
        this.checkAddress(address, await this.proxyAddress(proxy), 'vault-addresses');
    }
  }

  checkAddress(got, want, exclusion) {
    if (got === want) {
      this.countedAddresses.exact++;
      return;
    }
    const excluded = this.exclusions && (exclusion === 'vault-addresses' || want === undefined);
    if (!excluded) throw new Error(`created at ${got}, CREATE2 gives ${want}`);
    this.countedAddresses.excluded++;
    this.exclusions.count(exclusion);
  }

  /** Where a minimal clone belongs, from its implementation and salt. */
  async cloneAddress(factory, { salt, type }) {
    const implementation = this.names.addresses.get(implementationOf(factory, type));
    if (!implementation) return undefined;
    const [before, after] = [
      '3d602d80600a3d3981f3363d3d373d3d3d363d73',
      '5af43d82803e903d91602b57fd5bf3',
    ];
    return this.create2(factory, salt, `0x${before}${implementation.slice(2)}${after}`);
  }

  /** Where a vault's proxy belongs, from its compiled creation code. */
  async proxyAddress({ version, owner, data, salt }) {
    const { abi } = this.artifacts.Vault;
    const initial = await this.resolve([version, owner, data]);
    const call = encodeFunctionData({ abi, functionName: 'initialize', args: initial });
    const implementation = this.names.address(implementationOf('VaultFactory', version));
    const given = encodeAbiParameters(parseAbiParameters('address, bytes'), [implementation, call]);
    const bytecode = `${this.artifacts.MigratableEntityProxy.bytecode}${given.slice(2)}`;
    return this.create2('VaultFactory', salt, bytecode);
  }

  async create2(factory, salt, bytecode) {
    const from = this.names.address(factory);
    const hash = keccak256(await this.resolve(salt));
    return getContractAddress({ opcode: 'CREATE2', from, salt: hash, bytecode });
  }

  /** The logs of all receipts are what the client's log query finds. */
  async checkLogs() {
    const found = await this.client.logs(this.firstBlock);
    const text = (logs) => logs.map((log) => JSON.stringify(log).toLowerCase());
    const [asked, received] = [text(found), text(this.logs)];
    const index = received.findIndex((log, at) => log !== asked[at]);
    if (index >= 0 || asked.length !== received.length) {
      const counts = `${asked.length} logs found, ${received.length} in receipts`;
      throw new Error(`${this.title}: ${counts}, the first difference at ${index}`);
    }
  }
}

const IMPLEMENTATIONS = {
  VaultFactory: ['', 'Vault', 'VaultTokenized'],
  DelegatorFactory: [
    ...['NetworkRestakeDelegator', 'FullRestakeDelegator', 'OperatorSpecificDelegator'],
    'OperatorNetworkSpecificDelegator',
  ],
  SlasherFactory: ['Slasher', 'VetoSlasher'],
  StakerRewardsFactory: ['StakerRewards'],
  OperatorRewardsFactory: ['OperatorRewards'],
};

/** Name of the implementation of a factory's version or type. */
function implementationOf(factory, type = 0n) {
  return IMPLEMENTATIONS[factory][Number(type)];
}

/** Adds the implementations that bondstone's banner does not show, as its factories name them. */
export async function findImplementations(client, names) {
  for (const [factory, implementations] of Object.entries(IMPLEMENTATIONS)) {
    for (const [type, name] of implementations.entries()) {
      if (name === '' || names.addresses.has(name)) continue;
      // The rewards factories keep theirs to themselves.
      if (factory.endsWith('RewardsFactory')) continue;
      const args = [names.address(factory), 'implementation(uint64)(address)', [BigInt(type)]];
      const { values, revert } = await client.call(READER, ...args);
      if (revert) throw new Error(`${factory}: ${JSON.stringify(revert)}`);
      names.add(name, values[0]);
    }
  }
}

/** A step in one line. */
export function described({ kind, at, from, to, signature, args, name, fails }) {
  if (kind === 'sign') return `${from} signs "${name}"`;
  const text = JSON.stringify(args, (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const shown = text.length > 120 ? `${text.slice(0, 117)}…` : text;
  const who = kind === 'send' ? `at ${at} ${from} calls` : 'ask';
  const end = fails ? `, must fail with ${fails.error ?? 'no data'}` : '';
  return `${who} ${to}.${signature.slice(0, signature.indexOf('('))}${shown}${end}`;
}
